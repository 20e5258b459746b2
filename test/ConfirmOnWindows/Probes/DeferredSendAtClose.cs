using ConfirmOnWindows.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Probes;

internal sealed class DeferredSendAtClose : Probe
{
    public override string Name => "deferred-send-at-close";

    public override string Question => "What becomes of a deferred send that was never committed when its socket is closed?";

    public override string Expected => "documented nowhere; the product always commits";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 1, 2);

        var deferred = connection.Send(memory.Slice(0, 64), Arrival.FirstSend, RioMessageFlags.Defer);
        connection.Close();
        return new Answer($"{deferred}; after closesocket: {ArrivalText.Describe(queue.Dequeue(1, Soon))}", IsAsExpected: null);
    }
}
