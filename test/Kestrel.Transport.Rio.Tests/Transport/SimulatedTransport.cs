using System.Diagnostics;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Hosting;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Faults;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Verification;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>The transport, from listener to pipes, on a simulated machine under the verifier, with real poller threads.</summary>
internal sealed class SimulatedTransport : IAsyncDisposable
{
    private readonly SimulatedIo _machine;
    private readonly VerifyingIo _io;
    private readonly Socket _listenSocket = ProviderFixture.Listen();
    private readonly RioConnectionListener _listener;
    private readonly List<ConnectionContext> _connections = [];

    public SimulatedTransport(SimulationOptions simulation, RioTransportOptions options)
    {
        _machine = new SimulatedIo(simulation with { Wait = WaitMode.Block });
        Faults = new FaultyIo(_machine, new FaultRates(), simulation.Seed);
        _io = new VerifyingIo(Faults, VerifierScope.Transport);
        Pollers = PollerStart.Start(_io, options, meterFactory: null, Logger);
        _listener = new RioConnectionListener(
            _listenSocket, _listenSocket.LocalEndPoint!, options, Pollers, () => ValueTask.CompletedTask, Logger);
        _listener.Start();
    }

    /// <summary>Nothing goes wrong unless the test says so.</summary>
    public FaultyIo Faults { get; }

    public PollerGroup Pollers { get; }

    public ListLogger Logger { get; } = new();

    public int Registrations => _machine.Registered;

    public async Task<(ConnectionContext Connection, SimulatedPeer Peer)> ConnectAsync()
    {
        var peer = Dial();
        var connection = await AcceptAsync();
        return (connection!, peer);
    }

    /// <summary>A peer that nobody has accepted yet.</summary>
    public SimulatedPeer Dial() => _machine.Connect(_listenSocket);

    public async Task<ConnectionContext?> AcceptAsync()
    {
        var connection = await _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline.Length);
        if (connection is not null)
        {
            _connections.Add(connection);
        }

        return connection;
    }

    public static async Task<byte[]> ReadAsync(ConnectionContext connection, int count)
    {
        var result = await connection.Transport.Input.ReadAtLeastAsync(count, TestContext.Current.CancellationToken);
        var bytes = System.Buffers.BuffersExtensions.ToArray(result.Buffer);
        connection.Transport.Input.AdvanceTo(result.Buffer.End);
        return bytes;
    }

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Deadline.Length, $"Did not happen in {Deadline.Length}: {what}.");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.UnbindAsync(CancellationToken.None);
        foreach (var connection in _connections)
        {
            connection.Abort();
            await connection.DisposeAsync();
        }

        await _listener.DisposeAsync();
        await Pollers.StopAsync();
        _listenSocket.Dispose();
        _io.AssertNothingLeft();
    }
}
