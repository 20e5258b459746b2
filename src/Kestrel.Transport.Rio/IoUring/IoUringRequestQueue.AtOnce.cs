using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

internal sealed unsafe partial class IoUringRequestQueue
{
    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
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
            if (_closed)
            {
                sent = 0;
                return SocketError.OperationAborted;
            }

            sent = (int)LibC.SendMessage(_descriptor, &message, (int)(LibC.MsgDoNotWait | LibC.MsgNoSignal));
        }

        if (sent > 0)
        {
            return SocketError.Success;
        }

        var error = sent < 0 ? Marshal.GetLastPInvokeError() : Errno.TryAgain;
        sent = 0;

        return error == Errno.Interrupted ? SocketError.WouldBlock : Errno.ToSocketError(error);
    }
}
