using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification.Misbehaving;

/// <summary>A provider that accepts everything and completes whatever the test scripts, so that it can do wrong.</summary>
internal sealed class ScriptedIo : RegisteredIo
{
    private ulong _lastId;

    public override string Name => "scripted";

    public override RioCapabilities Capabilities { get; } = new() { CanWaitForData = true };

    public ScriptedCompletionQueue? LastQueue { get; private set; }

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
    {
        id = new BufferId(++_lastId);
        return SocketError.Success;
    }

    public override void DeregisterBuffer(BufferId id)
    {
    }

    public override CompletionQueue CreateCompletionQueue(int capacity)
        => LastQueue = new ScriptedCompletionQueue(capacity);

    public override void Discard(AcceptedSocket socket)
    {
    }

    public override void Dispose()
    {
    }
}
