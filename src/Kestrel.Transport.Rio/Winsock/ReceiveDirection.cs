using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>The receives of one socket. A receive that fails takes no bytes, so others may follow it.</summary>
internal sealed unsafe class ReceiveDirection(WinsockRequestQueue owner, WinsockCompletionQueue completionQueue, WinsockFunctions functions, int limit)
    : RequestDirection(owner, completionQueue, functions.Rio.Receive, Bit, limit)
{
    /// <summary>Names this direction in Winsock's request context.</summary>
    public const ulong Bit = 0;

    protected override bool EndsWithError => false;

    public override void OnDequeued() => Owner.OnReceiveDequeued();

    protected override RioResult Translate(in WinsockRequest request, SocketError status, uint bytes)
    {
        if (Owner.IsClosed && bytes == 0)
        {
            // The close has ended it, whatever status Winsock gives: a success would look like a FIN.
            status = SocketError.OperationAborted;
        }

        return Owner.Result(status, status == SocketError.Success ? bytes : 0, request.Context);
    }
}
