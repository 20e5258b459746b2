using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>The sends of one socket. A send that fails, or falls short, leaves a hole in the stream: nothing may follow it.</summary>
internal sealed unsafe class SendDirection(WinsockRequestQueue owner, WinsockCompletionQueue completionQueue, WinsockFunctions functions, int limit)
    : RequestDirection(owner, completionQueue, functions.Rio.Send, Bit, limit)
{
    /// <summary>Names this direction in Winsock's request context.</summary>
    public const ulong Bit = 1;

    protected override bool EndsWithError => true;

    public override void OnDequeued() => Owner.OnSendDequeued();

    protected override RioResult Translate(in WinsockRequest request, SocketError status, uint bytes)
    {
        if (status == SocketError.Success && bytes != (uint)request.Buffer.Length)
        {
            status = SocketError.ConnectionAborted;
        }

        if (status != SocketError.Success && Error == SocketError.Success)
        {
            Error = status;
        }

        return Owner.Result(status, bytes, request.Context);
    }
}
