using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;
using LingerOption = Kestrel.Transport.Rio.IoUring.Interop.LingerOption;

namespace Kestrel.Transport.Rio.IoUring;

internal sealed unsafe partial class IoUringRequestQueue
{
    private bool _released;

    public override void Close(CloseMode mode)
    {
        if (_closed)
        {
            return;
        }

        if (mode == CloseMode.Abortive)
        {
            var linger = new LingerOption { OnOff = 1, Seconds = 0 };
            _ = LibC.SetSocketOption(_descriptor, LibC.SolSocket, LibC.SoLinger, &linger, (uint)sizeof(LingerOption));
        }
        else
        {
            // With unread bytes behind it a close sends RST alone. With a FIN before it the peer reads what it was sent to
            // its end. Not IORING_OP_SHUTDOWN: that always takes a worker thread of the kernel.
            _ = LibC.Shutdown(_descriptor, LibC.ShutWrite);
        }

        CancelInKernel();
        CloseSocket();
        AbortQueued();
        ReleaseIfDrained();
    }

    /// <summary>
    /// Requests in the kernel hold the socket open behind its descriptor, so they are cancelled by key, never by
    /// descriptor: its number may be another connection's by the time a cancellation runs.
    /// </summary>
    private void CancelInKernel()
    {
        if (_receiveInKernel)
        {
            _completionQueue.Cancel(_receiveKind, _key);
        }

        if (_sendsInKernel > 0)
        {
            _completionQueue.Cancel(OperationKind.Send, _key);
        }
    }

    private void CloseSocket()
    {
        lock (_socketLock)
        {
            _closed = true;
            _socket?.Dispose();
        }

        // Through the ring, and so behind everything queued that names the descriptor.
        _completionQueue.CloseDescriptor(_descriptor);
    }

    /// <summary>What the kernel has not seen completes here; behind something that it has, in its turn, when that completes.</summary>
    private void AbortQueued()
    {
        while (!_receiveInKernel && _receives.Count > 0)
        {
            var request = _receives.Remove();
            _completionQueue.Complete(new RioResult(SocketError.OperationAborted, 0, _socketContext, request.Context), this);
        }

        while (_sendsInKernel == 0 && _sends.Count > 0)
        {
            _completionQueue.Complete(TakeSend(SocketError.OperationAborted), this);
        }
    }

    private void ReleaseIfDrained()
    {
        if (!_closed || _released || _outstanding > 0 || IsInKernel)
        {
            return;
        }

        _released = true;
        NativeMemory.Free(_message);
        _message = null;
        _completionQueue.RemoveTarget(_key);
        _completionQueue.OnReleased(this);
    }
}
