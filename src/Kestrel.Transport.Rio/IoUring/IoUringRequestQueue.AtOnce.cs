using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

internal sealed unsafe partial class IoUringRequestQueue
{
    // What a send at once was told, and no receive will be any more: an error of the socket is told once (sock_error of the kernel's
    // net/sock.h). Under the lock, so that a receive which comes after the call finds it.
    private SocketError _toldToWriter;

    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buffers.Length, MaxSentAtOnce, nameof(buffers));
        var vectors = stackalloc IoVector[MaxSentAtOnce];
        for (var i = 0; i < buffers.Length; i++)
        {
            vectors[i] = new IoVector { Base = buffers[i].Address, Length = (nuint)buffers[i].Length };
        }

        var message = new MessageHeader { Vectors = vectors, VectorCount = (nuint)buffers.Length };

        // Close waits for it: with the descriptor closed, its number may be another connection's. It does not wait long, since
        // the call does not.
        lock (_socketLock)
        {
            sent = 0;
            if (_closed)
            {
                return SocketError.OperationAborted;
            }

            if (_sendError != SocketError.Success)
            {
                return _sendError;
            }

            var count = (int)LibC.SendMessage(_descriptor, &message, (int)(LibC.MsgDoNotWait | LibC.MsgNoSignal));
            if (count > 0)
            {
                sent = count;
                return SocketError.Success;
            }

            // Read here, since whoever waits for the lock has leaving it make calls of its own.
            return OnNotSent(count < 0 ? Marshal.GetLastPInvokeError() : Errno.TryAgain);
        }
    }

    private SocketError OnNotSent(int errno)
    {
        if (errno is Errno.TryAgain or Errno.Interrupted)
        {
            return SocketError.WouldBlock;
        }

        _sendError = Errno.ToSocketError(errno);

        // EPIPE is no such error: the peer's end was there to be received before it.
        if (errno != Errno.BrokenPipe)
        {
            _toldToWriter = _sendError;
        }

        return _sendError;
    }

    /// <summary>A receive has met the end of the input: which it also says after the socket's error has been told to a writer.</summary>
    private SocketError StatusOfEnd()
    {
        lock (_socketLock)
        {
            return _toldToWriter;
        }
    }
}
