using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class ReceiveWithoutBuffer : EmptyReceive
{
    public override string Name => "receive-without-buffer";

    public override string Question => "What does RIOReceive without a buffer (null, count 0) do?";

    protected override CallResult Post(ProbeConnection connection, ProbeMemory memory, ulong request)
        => connection.ReceiveWithoutBuffer(request);
}
