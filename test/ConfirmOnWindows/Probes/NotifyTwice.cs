using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class NotifyTwice : Probe
{
    public override string Name => "notify-twice";

    public override string Question => "What does a second RIONotify get before the first has fired?";

    public override string Expected => "10037 WSAEALREADY; one completion fires once";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 1, 2);

        var first = queue.Notify();
        var second = queue.Notify();
        _ = connection.Send(memory.Slice(0, 64), Arrival.FirstSend);
        var fires = queue.IsNotified(Soon);
        var again = queue.IsNotified(AMoment);

        return new Answer(
            $"first {ErrorName.Of(first)}, second {ErrorName.Of(second)}; fires {(fires ? again ? "twice" : "once" : "never")}",
            first == 0 && second == ErrorName.Already && fires && !again);
    }
}
