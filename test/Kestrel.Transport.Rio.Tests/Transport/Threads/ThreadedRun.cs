using System.Collections.Concurrent;
using System.Net;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Hosting;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Kestrel.Transport.Rio.Tests.Verification;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Threads;

/// <summary>Real pollers, the real listener and a real thread pool on a simulated machine under the verifier.</summary>
#pragma warning disable CA1001 // The group disposes the provider.
internal sealed class ThreadedRun(ThreadedPlan plan)
#pragma warning restore CA1001
{
    private readonly SimulatedIo _simulation = new(Options(plan));
    private readonly ListLogger _logger = new();
    private readonly ConcurrentDictionary<EndPoint, (ConnectionPlan Plan, Pattern Pattern)> _plans = new();
    private readonly List<(ConnectionPlan Plan, Pattern Pattern, SimulatedPeer Peer)> _peers = [];

    public static Task RunAsync(ThreadedPlan plan) => new ThreadedRun(plan).RunAsync();

    private async Task RunAsync()
    {
        using var listenSocket = ProviderFixture.Listen();
        var io = new VerifyingIo(_simulation, VerifierScope.Transport);
        var options = new RioTransportOptions
        {
            PollerCount = plan.Pollers,
            ApplicationScheduling = plan.Scheduling,
            SlabSize = TransportWorld.SlabSize,
            MaxRegisteredMemory = plan.SlabLimit == 0 ? null : plan.SlabLimit * (long)TransportWorld.SlabSize,
        };
        var group = PollerStart.Start(io, options, meterFactory: null, _logger);
        var listener = new RioConnectionListener(
            listenSocket, listenSocket.LocalEndPoint!, options, group, () => new ValueTask(group.StopAsync()), _logger);
        listener.Start();
        var server = new ThreadedServer(listener, _plans);
        var serving = Task.Run(server.RunAsync);

        Connect(listenSocket);
        server.Begin();
        Talk();
        if (!plan.StopsEarly)
        {
            await Within(server.WhenAllEnded(plan.Connections.Count));
        }

        // In the order in which Kestrel stops.
        await Within(listener.UnbindAsync().AsTask());
        if (plan.StopsEarly)
        {
            server.AbortAll();
        }

        await Within(serving);
        await Within(listener.DisposeAsync().AsTask());

        Assert.Equal(server.Served, server.ClosedFired);
        _peers.ForEach(CheckWhatArrived);
        Assert.DoesNotContain(_logger.Entries, entry => entry.Level >= LogLevel.Error);
        io.AssertNothingLeft();
        Assert.Equal(0, _simulation.Registered);
    }

    private static SimulationOptions Options(ThreadedPlan plan)
        => new ScheduleSettings { Shape = plan.Shape, Seed = plan.Seed }.ToSimulation() with { Wait = WaitMode.Block };

    private static Task Within(Task task) => task.WaitAsync(Deadline.Length);

    private void Connect(System.Net.Sockets.Socket listenSocket)
    {
        for (var i = 0; i < plan.Connections.Count; i++)
        {
            var peer = _simulation.Connect(listenSocket);
            var pattern = new Pattern(i);
            _plans[peer.LocalEndPoint] = (plan.Connections[i], pattern);
            _peers.Add((plan.Connections[i], pattern, peer));
            if (plan.Connections[i].Peer == PeerManner.ReadLateAndFinish)
            {
                peer.StopReading();
            }
        }
    }

    private void Talk()
    {
        foreach (var (connection, pattern, peer) in _peers)
        {
            for (var written = 0; written < connection.Bytes; written += connection.Piece)
            {
                var bytes = new byte[Math.Min(connection.Piece, connection.Bytes - written)];
                pattern.Fill(bytes, written);
                peer.Write(bytes);
            }
        }

        foreach (var (connection, _, peer) in _peers)
        {
            if (connection.Peer == PeerManner.Reset)
            {
                peer.Reset();
            }
            else
            {
                peer.StartReading();
                peer.Finish();
            }
        }
    }

    private void CheckWhatArrived((ConnectionPlan Plan, Pattern Pattern, SimulatedPeer Peer) end)
    {
        var received = end.Peer.ReadAvailable();
        end.Pattern.AssertIs(received, 0, "the echo");
        if (!plan.MayLoseBytes && end.Plan.IsPeaceful)
        {
            Assert.Equal(end.Plan.Bytes, received.Length);
            Assert.True(end.Peer.FinReceived);
        }
    }
}
