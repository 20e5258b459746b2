using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Kestrel.Transport.Rio.Tests.Conformance;

internal sealed class SimulatedFixture : ProviderFixture
{
    private readonly SimulatedIo _io;

    public SimulatedFixture(SimulationOptions options)

        // The scenarios wait as a poller's thread would.
        : this(new SimulatedIo(options with { Wait = WaitMode.Block }))
    {
    }

    private SimulatedFixture(SimulatedIo io) => _io = io;

    public override RegisteredIo Create() => _io;

    public override RemoteEnd Connect(out AcceptedSocket accepted) => new SimulatedRemoteEnd(_io.CreateConnected(out accepted));

    public override RemoteEnd ConnectTo(Socket listenSocket) => new SimulatedRemoteEnd(_io.Connect(listenSocket));

    public override RemoteEnd ConnectTo(EndPoint endPoint) => new SimulatedRemoteEnd(_io.Connect(endPoint));

    public override AcceptedSocket Accept(Socket listenSocket) => _io.Accept(listenSocket);
}
