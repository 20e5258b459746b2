using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification.Misbehaving;

/// <summary>Accepts every request, also beyond its limits and after close.</summary>
internal sealed class ScriptedRequestQueue(int maxReceives, int maxSends) : RequestQueue(maxReceives, maxSends)
{
    public override ConnectionSocket Socket => throw new NotSupportedException();

    public override EndPoint? GetLocalEndPoint(EndPoint family) => null;

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
        => SocketError.Success;

    public override SocketError WaitForData(ulong requestContext) => SocketError.Success;

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
        => SocketError.Success;

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
}
