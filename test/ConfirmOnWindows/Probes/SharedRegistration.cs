using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class SharedRegistration : Probe
{
    public override string Name => "shared-registration";

    public override string Question => "May one registration be used by several requests at once, in parts that do not overlap?";

    public override string Expected => "yes: the granularity of registration that is the default rests on it";

    public override Answer Ask(ProbeScene scene)
    {
        const int Part = 64 * 1024;
        const int Parts = 8;
        var memory = scene.Register((Parts + 1) * Part);
        var queue = scene.CreateQueue(Parts + 1);
        var connection = scene.Connect(queue, 1, Parts);

        _ = connection.Receive(memory.Slice(Parts * Part, Part), 1);
        var refused = 0;
        for (var i = 0; i < Parts; i++)
        {
            memory.Bytes.Slice(i * Part, Part).Fill((byte)(i + 1));
            refused += connection.Send(memory.Slice(i * Part, Part), Arrival.FirstSend + (ulong)i).IsAccepted ? 0 : 1;
        }

        var arrives = connection.PeerGets(memory.Bytes[..(Parts * Part)]);
        connection.Peer.Send("hello"u8);
        var arrivals = queue.Dequeue(Parts + 1, Soon);
        var received = memory.Bytes.Slice(Parts * Part, 5).SequenceEqual("hello"u8);

        return new Answer(
            $"{Parts} sends and a receive at once: {refused} refused; bytes {(arrives && received ? "right" : "wrong")} both ways; "
            + ArrivalText.Describe(arrivals),
            refused == 0 && arrives && received && arrivals.Count == Parts + 1 && arrivals.TrueForAll(each => each.IsSuccess));
    }
}
