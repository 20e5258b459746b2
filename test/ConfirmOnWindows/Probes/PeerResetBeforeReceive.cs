using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class PeerResetBeforeReceive : Probe
{
    public override string Name => "peer-reset-before-receive";

    public override string Question => "What does a receive get that is posted after the peer sent data and reset?";

    public override string Expected => "an error (10054 WSAECONNRESET), or the data and then an error; never the end of the data alone";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 2, 1);

        connection.Peer.Send("hello"u8);
        connection.PeerResets();
        var nothing = queue.Dequeue(1, AMoment);
        var arrivals = new List<Arrival>();
        var refusal = default(CallResult?);
        for (ulong request = 1; request <= 2 && refusal is null; request++)
        {
            var result = connection.Receive(memory.Slice(0, 64), request);
            if (result.IsAccepted)
            {
                arrivals.AddRange(queue.Dequeue(1, Soon));
            }
            else
            {
                refusal = result;
            }
        }

        return new Answer(
            $"{ArrivalText.Describe(arrivals)}{(refusal is null ? "" : $"; {refusal}")}",
            nothing.Count == 0 && (refusal is not null || arrivals is [.., { IsSuccess: false }])
                && !arrivals.Exists(each => each is { IsSuccess: true, Bytes: 0 }));
    }
}
