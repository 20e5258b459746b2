using System.Net.Sockets;
using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class PeerFin : Probe
{
    public override string Name => "peer-fin";

    public override string Question => "How does a peer's FIN complete a receive, and can the other direction go on?";

    public override string Expected => "status 0 with 0 bytes, again for the next receive; a send still arrives";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 2, 1);
        memory.Bytes.Fill((byte)'x');

        _ = connection.Receive(memory.Slice(0, 64), 1);
        connection.Peer.Shutdown(SocketShutdown.Send);
        var first = queue.Dequeue(1, Soon);
        _ = connection.Receive(memory.Slice(0, 64), 2);
        var second = queue.Dequeue(1, Soon);
        _ = connection.Send(memory.Slice(64, 64), Arrival.FirstSend);
        var arrives = connection.PeerGets(memory.Bytes.Slice(64, 64));
        var sent = queue.Dequeue(1, Soon);

        return new Answer(
            $"{ArrivalText.Describe(first)}; next: {ArrivalText.Describe(second)}; {ArrivalText.Describe(sent)}, "
            + (arrives ? "which arrives" : "which does not arrive"),
            first is [{ IsSuccess: true, Bytes: 0 }] && second is [{ IsSuccess: true, Bytes: 0 }] && sent is [{ IsSuccess: true }] && arrives);
    }
}
