using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class PeerReset : Probe
{
    public override string Name => "peer-reset";

    public override string Question => "With which status does a peer's reset complete a receive, and what do requests after it get?";

    public override string Expected => "10054 WSAECONNRESET; what comes after is refused or completes with an error";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 2, 1);

        _ = connection.Receive(memory.Slice(0, 64), 1);
        connection.PeerResets();
        var first = queue.Dequeue(1, Soon);
        var receive = connection.Receive(memory.Slice(0, 64), 2);
        var received = receive.IsAccepted ? queue.Dequeue(1, Soon) : [];
        var send = connection.Send(memory.Slice(64, 64), Arrival.FirstSend);
        var sent = send.IsAccepted ? queue.Dequeue(1, Soon) : [];

        return new Answer(
            $"{ArrivalText.Describe(first)}; next receive {receive}: {ArrivalText.Describe(received)}; send {send}: {ArrivalText.Describe(sent)}",
            first is [{ Status: ErrorName.ConnectionReset }] && !received.Exists(each => each.IsSuccess) && !sent.Exists(each => each.IsSuccess));
    }
}
