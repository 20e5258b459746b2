using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class CompletionQueueResize : Probe
{
    public override string Name => "cq-resize";

    public override string Question => "What does RIOResizeCompletionQueue answer, growing, and shrinking below what its request queues may use?";

    public override string Expected => "grows with a request outstanding; below: 10059 WSAETOOMANYREFS";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(8);
        var connection = scene.Connect(queue, 4, 4);

        _ = connection.Receive(memory.Slice(0, 64), 1);
        var grow = queue.Resize(64);
        var shrink = queue.Resize(16);
        var below = queue.Resize(4);
        connection.Peer.Send("hello"u8);
        var arrivals = queue.Dequeue(1, Soon);

        return new Answer(
            $"8 to 64 {grow}; to 16 {shrink}; to 4, of which 8 are promised, {below}; {ArrivalText.Describe(arrivals)}",
            grow.IsAccepted && below.IsRefusedWith(ErrorName.TooManyReferences) && arrivals is [{ IsSuccess: true, Bytes: 5 }]);
    }
}
