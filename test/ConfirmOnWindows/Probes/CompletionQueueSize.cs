using ConfirmOnWindows.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Probes;

internal sealed class CompletionQueueSize : Probe
{
    public override string Name => "cq-size";

    public override string Question => "Which sizes does RIOCreateCompletionQueue refuse, and how?";

    public override string Expected => "more than RIO_MAX_CQ_SIZE: 10022 WSAEINVAL; nothing rests on size 0";

    public override Answer Ask(ProbeScene scene)
    {
        var none = ProbeQueue.TryCreate(scene.Functions, 0, out _);
        var tooMuch = ProbeQueue.TryCreate(scene.Functions, RioExtensionFunctionTable.MaxCompletionQueueSize + 1, out _);
        return new Answer($"0: {none}; RIO_MAX_CQ_SIZE + 1: {tooMuch}", tooMuch.IsRefusedWith(ErrorName.Invalid));
    }
}
