using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class CloseWithRequestsOutstanding : BlockedSends
{
    public override string Name => "close-with-requests-outstanding";

    public override string Question => "What completes, how and in which order, after closesocket with a receive and sends outstanding?";

    public override string Expected => "each request once, the receive with an error; nothing rests on the order or the code";

    protected override void End(ProbeConnection connection) => connection.Close();
}
