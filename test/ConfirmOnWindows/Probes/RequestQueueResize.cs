using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class RequestQueueResize : Probe
{
    public override string Name => "rq-resize";

    public override string Question => "What does RIOResizeRequestQueue answer, growing, beyond the completion queue, and below what is outstanding?";

    public override string Expected => "grows with a request outstanding; beyond: 10055 WSAENOBUFS; below: 10059 WSAETOOMANYREFS";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(8);
        var connection = scene.Connect(queue, 2, 2);

        _ = connection.Receive(memory.Slice(0, 64), 1);
        _ = connection.Receive(memory.Slice(64, 64), 2);
        var grow = connection.Resize(4, 4);
        var beyond = connection.Resize(8, 8);
        var below = connection.Resize(1, 4);

        return new Answer(
            $"2+2 to 4+4 {grow}; to 8+8 on a completion queue of 8 {beyond}; to 1+4 with 2 receives outstanding {below}",
            grow.IsAccepted && beyond.IsRefusedWith(ErrorName.NoBuffers) && below.IsRefusedWith(ErrorName.TooManyReferences));
    }
}
