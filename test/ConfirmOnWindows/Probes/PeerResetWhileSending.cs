using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class PeerResetWhileSending : BlockedSends
{
    public override string Name => "peer-reset-while-sending";

    public override string Question => "What completes, how and in which order, when the peer resets with a receive and sends outstanding?";

    public override string Expected => "each request once, the receive with an error (10054); nothing rests on the order";

    protected override void End(ProbeConnection connection) => connection.PeerResets();
}
