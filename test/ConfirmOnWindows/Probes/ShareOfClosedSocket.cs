using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class ShareOfClosedSocket : Probe
{
    public override string Name => "share-of-closed-socket";

    public override string Question => "When does the room on a completion queue that a closed socket had come back?";

    public override string Expected => "at the latest when its last completion has been dequeued";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(2);
        var connection = scene.Connect(queue, 1, 1);

        _ = connection.Receive(memory.Slice(0, 64), 1);
        var full = scene.TryConnect(queue, 1, 1, out _);
        connection.Close();
        var closed = scene.TryConnect(queue, 1, 1, out var next);
        if (closed.IsAccepted)
        {
            next.Close();
        }

        var arrivals = queue.Dequeue(1, Soon);
        var drained = scene.TryConnect(queue, 1, 1, out _);
        return new Answer(
            $"full: {full}; after closesocket: {closed}; after {ArrivalText.Describe(arrivals)}: {drained}",
            !full.IsAccepted && arrivals.Count == 1 && drained.IsAccepted);
    }
}
