using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification.Misbehaving;

internal sealed class ScriptedAcceptQueue : AcceptQueue
{
    public override bool IsArmed => true;

    public override void Arm()
    {
    }

    public override AcceptedSocket TakeAccepted(in RioResult result) => new((nint)result.RequestContext, Socket: null, RemoteEndPoint: null);

    public override void Close()
    {
    }
}
