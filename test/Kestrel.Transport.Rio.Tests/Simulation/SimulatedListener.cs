using System.Net;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>The connections that wait at one listening socket. Guarded by the machine's gate.</summary>
internal sealed class SimulatedListener(EndPoint? endPoint)
{
    public EndPoint? EndPoint { get; } = endPoint;

    public Queue<SimulatedConnection> Backlog { get; } = new();
}
