using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class RequestLimit : Probe
{
    public override string Name => "request-limit";

    public override string Question => "What does a request beyond the request queue's limit get, and when is its place free again?";

    public override string Expected => "10055 WSAENOBUFS; free when the completion has been dequeued";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 1, 1);

        _ = connection.Receive(memory.Slice(0, 64), 1);
        var beyond = connection.Receive(memory.Slice(64, 64), 2);
        connection.Peer.Send("hello"u8);
        var first = queue.Dequeue(1, Soon);
        var next = connection.Receive(memory.Slice(64, 64), 3);

        return new Answer(
            $"a second receive of 1: {beyond}; after {ArrivalText.Describe(first)}: {next}",
            beyond.IsRefusedWith(ErrorName.NoBuffers) && first.Count == 1 && next.IsAccepted);
    }
}
