using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// A connected socket on a ring. At most one receive and one send (which may gather several requests) are in the kernel at
/// a time: io_uring keeps no order between separate requests on one socket.
/// </summary>
internal sealed partial class IoUringRequestQueue : RequestQueue, IRingTarget
{
    private readonly IoUringCompletionQueue _completionQueue;
    private readonly ulong _socketContext;
    private readonly ulong _key;
    private readonly int _descriptor;
    private readonly Lock _socketLock = new();
    private ConnectionSocket? _socket;
    private bool _closed;
    private int _outstanding;

    public IoUringRequestQueue(
        IoUringCompletionQueue completionQueue, int descriptor, ulong socketContext, int maxReceives, int maxSends)
        : base(maxReceives, maxSends)
    {
        _completionQueue = completionQueue;
        _descriptor = descriptor;
        _socketContext = socketContext;
        _receives = new RequestFifo<ReceiveRequest>(maxReceives);
        _sends = new RequestFifo<SendRequest>(maxSends);
        _key = completionQueue.AddTarget(this);
    }

    public override ConnectionSocket Socket
    {
        get
        {
            lock (_socketLock)
            {
                ObjectDisposedException.ThrowIf(_closed, this);

                return _socket ??= Duplicate();
            }
        }
    }

    public override EndPoint? GetRemoteEndPoint(EndPoint family) => SocketName.OfPeer(_descriptor, family);

    public override EndPoint? GetLocalEndPoint(EndPoint family) => SocketName.OfSocket(_descriptor, family);

    public override void Commit()
    {
        if (!_closed)
        {
            _receives.Commit();
            _sends.Commit();
            StartReceive();
            StartSends();
        }
    }

    public void OnRingCompletion(OperationKind kind, in CompletionEntry completion, ref ResultSink sink)
    {
        if (kind is OperationKind.Receive or OperationKind.Readiness)
        {
            OnReceiveCompletion(completion.Result, ref sink);
        }
        else
        {
            OnSendCompletion(completion.Result, ref sink);
        }

        // When a wait for readiness ends after close nothing may be left to be dequeued, and nobody else would look.
        ReleaseIfDrained();
    }

    public void OnDequeued()
    {
        _outstanding--;
        ReleaseIfDrained();
    }

    private bool IsInKernel => _receiveInKernel || _sendsInKernel > 0;

    /// <summary>
    /// A managed socket with a descriptor of its own. Whoever has it may dispose it at any time, which frees the number; with
    /// ours, what the ring still does would be done to whatever is given that number next.
    /// </summary>
    private ConnectionSocket Duplicate()
    {
        var duplicate = LibC.Control(_descriptor, LibC.DuplicateCloseOnExec, 0);
        if (duplicate < 0)
        {
            throw new SocketException((int)Errno.ToSocketError(Marshal.GetLastPInvokeError()));
        }

        var handle = new SafeSocketHandle(duplicate, ownsHandle: true);
        try
        {
            return new ConnectionSocket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private void OnAccepted()
    {
        _outstanding++;
        _completionQueue.OnAccepted();
    }
}
