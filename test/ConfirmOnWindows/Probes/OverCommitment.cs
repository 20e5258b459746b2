using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class OverCommitment : Probe
{
    public override string Name => "over-commitment";

    public override string Question => "What does RIOCreateRequestQueue answer when the completion queue has no room?";

    public override string Expected => "10055 WSAENOBUFS";

    public override Answer Ask(ProbeScene scene)
    {
        var queue = scene.CreateQueue(4);
        _ = scene.Connect(queue, 1, 2);
        var result = scene.TryConnect(queue, 1, 1, out _);
        return new Answer($"3 of 4 promised, 2 more: {result}", result.IsRefusedWith(ErrorName.NoBuffers));
    }
}
