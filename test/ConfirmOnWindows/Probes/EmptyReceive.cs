using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

/// <summary>A receive with nothing to receive into: would it tell that data are there, and leave them?</summary>
internal abstract class EmptyReceive : Probe
{
    private const ulong Empty = 1;
    private const ulong Ordinary = 2;

    public override string Expected => "documented nowhere; the product parks a small buffer instead";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 2, 1);

        var result = Post(connection, memory, Empty);
        if (!result.IsAccepted)
        {
            return new Answer($"{result}", IsAsExpected: null);
        }

        var before = queue.Dequeue(1, AMoment);
        connection.Peer.Send("hello"u8);
        var after = before.Count > 0 ? before : queue.Dequeue(1, Soon);
        _ = connection.Receive(memory.Slice(0, 4096), Ordinary);
        var data = queue.Dequeue(1, Soon);
        var when = before.Count > 0 ? "at once, without data" : after.Count > 0 ? "when data came" : "not even when data came";
        return new Answer(
            $"accepted; completes {when}: {ArrivalText.Describe(after)}. An ordinary receive after it: {ArrivalText.Describe(data)}",
            IsAsExpected: null);
    }

    protected abstract CallResult Post(ProbeConnection connection, ProbeMemory memory, ulong request);
}
