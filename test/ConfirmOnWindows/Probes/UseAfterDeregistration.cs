using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class UseAfterDeregistration : Probe
{
    public override string Name => "use-after-deregistration";

    public override string Question => "What does RIOSend answer to a buffer that is no longer registered?";

    public override string Expected => "10014 WSAEFAULT";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 1, 1);

        var slice = memory.Slice(0, 64);
        memory.Deregister();
        var result = connection.Send(slice, Arrival.FirstSend);
        return new Answer($"{result}", result.IsRefusedWith(ErrorName.Fault));
    }
}
