using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.WinsockTests.Transport;

/// <summary>A provider whose completion queues begin small, so that a handful of connections makes them grow.</summary>
internal sealed class NarrowIo(RegisteredIo inner, int mostAtFirst) : RegisteredIo
{
    public override string Name => inner.Name;

    public override RioCapabilities Capabilities => inner.Capabilities;

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
        => inner.RegisterBuffer(address, length, out id);

    public override void DeregisterBuffer(BufferId id) => inner.DeregisterBuffer(id);

    public override CompletionQueue CreateCompletionQueue(int capacity)
        => inner.CreateCompletionQueue(Math.Min(capacity, mostAtFirst));

    public override void Discard(AcceptedSocket socket) => inner.Discard(socket);

    public override void Dispose() => inner.Dispose();
}
