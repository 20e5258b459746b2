using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

/// <summary>A connection with a receive outstanding and with sends that stay so, because its peer reads nothing.</summary>
internal abstract class BlockedSends : Probe
{
    private const int Sends = 64;
    private const int SendSize = 128 * 1024;
    private const ulong Receive = 1;

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register((Sends + 1) * SendSize);
        var queue = scene.CreateQueue(Sends + 1);
        var connection = scene.Connect(queue, 1, Sends);

        _ = connection.Receive(memory.Slice(Sends * SendSize, SendSize), Receive);
        for (var i = 0; i < Sends; i++)
        {
            _ = connection.Send(memory.Slice(i * SendSize, SendSize), Arrival.FirstSend + (ulong)i);
        }

        var taken = queue.Dequeue(Sends, AMoment);
        var outstanding = queue.Outstanding;
        End(connection);
        var rest = queue.Dequeue(outstanding, Soon);
        var sends = rest.FindAll(each => each.IsSend);
        return new Answer(
            $"{outstanding} outstanding after {taken.Count} sends; then {ArrivalText.Describe(rest)}; sends "
            + (IsInOrder(sends) ? "in the order posted" : "out of order"),
            rest.Count == outstanding && sends.Count > 0 && rest.Exists(each => each is { IsSend: false, IsSuccess: false })
                && rest.Select(each => each.Request).Distinct().Count() == rest.Count);
    }

    protected abstract void End(ProbeConnection connection);

    private static bool IsInOrder(List<Arrival> arrivals)
        => arrivals.Select(each => each.Request).SequenceEqual(arrivals.Select(each => each.Request).Order());
}
