using ConfirmOnWindows.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Probes;

internal sealed class SendOrder : Probe
{
    public override string Name => "send-order";

    public override string Question => "In which order do deferred sends of one queue complete and arrive?";

    public override string Expected => "in the order posted";

    public override Answer Ask(ProbeScene scene)
    {
        const int Sends = 16;
        const int SendSize = 256;
        var memory = scene.Register(Sends * SendSize);
        var queue = scene.CreateQueue(Sends + 1);
        var connection = scene.Connect(queue, 1, Sends);

        for (var i = 0; i < Sends; i++)
        {
            memory.Bytes.Slice(i * SendSize, SendSize).Fill((byte)i);
            _ = connection.Send(
                memory.Slice(i * SendSize, SendSize), Arrival.FirstSend + (ulong)i, i < Sends - 1 ? RioMessageFlags.Defer : RioMessageFlags.None);
        }

        var arrives = connection.PeerGets(memory.Bytes);
        var arrivals = queue.Dequeue(Sends, Soon);
        var isInOrder = arrivals.Select(each => each.Request - Arrival.FirstSend).SequenceEqual(Enumerable.Range(0, Sends).Select(i => (ulong)i));

        return new Answer(
            $"bytes {(arrives ? "in the order posted" : "out of order")}; completions "
            + (isInOrder ? "in the order posted" : string.Join(' ', arrivals.Select(each => each.Request - Arrival.FirstSend))),
            arrives && isInOrder);
    }
}
