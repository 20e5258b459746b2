using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class NotifyWhileCompletionsWait : Probe
{
    public override string Name => "notify-while-completions-wait";

    public override string Question => "Does RIONotify on a queue that is not empty fire at once?";

    public override string Expected => "returns 0 and fires at once";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 1, 2);

        _ = connection.Send(memory.Slice(0, 64), Arrival.FirstSend);
        var arrives = connection.PeerGets(memory.Bytes[..64]);
        var early = queue.IsNotified(AMoment);
        var notify = queue.Notify();
        var fires = queue.IsNotified(Soon);
        var again = queue.IsNotified(AMoment);
        var arrivals = queue.Dequeue(1, Soon);

        return new Answer(
            $"{(early ? "notified before it was asked; " : "")}RIONotify {ErrorName.Of(notify)}; "
            + $"{(fires ? "fires" : "does not fire")}{(again ? " twice" : "")}; {ArrivalText.Describe(arrivals)}",
            arrives && !early && notify == 0 && fires && !again && arrivals is [{ IsSuccess: true }]);
    }
}
