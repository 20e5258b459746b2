using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification.Misbehaving;

/// <summary>Accepts every request, also beyond its limits and after close.</summary>
internal sealed class ScriptedRequestQueue(CompletionQueue completionQueue, int maxReceives, int maxSends)
    : RequestQueue(completionQueue, maxReceives, maxSends)
{
    public override ConnectionSocket Socket => throw new NotSupportedException();

    public override EndPoint? GetLocalEndPoint(EndPoint family) => null;

    /// <summary>It forgets a receive that is outstanding.</summary>
    public void CountTooLow() => OnReceiveDequeued();

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        OnReceiveQueued();
        return SocketError.Success;
    }

    public override SocketError WaitForData(ulong requestContext)
    {
        OnReceiveQueued();
        return SocketError.Success;
    }

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        OnSendQueued();
        return SocketError.Success;
    }

    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
        sent = 1;
        return SocketError.Success;
    }

    public override void Commit()
    {
    }

    public override SocketError ShutdownSend() => SocketError.Success;

    public override void Close(CloseMode mode)
    {
    }

    protected override void OnDrained()
    {
    }
}
