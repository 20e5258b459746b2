using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class ReceiveOfNoBytes : EmptyReceive
{
    public override string Name => "receive-of-no-bytes";

    public override string Question => "What does RIOReceive with a buffer of length 0 do?";

    protected override CallResult Post(ProbeConnection connection, ProbeMemory memory, ulong request)
        => connection.Receive(memory.Slice(0, 0), request);
}
