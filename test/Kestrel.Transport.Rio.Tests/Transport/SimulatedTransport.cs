using System.Diagnostics;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
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
        _io = new VerifyingIo(_machine, VerifierScope.Transport);
        Pollers = new PollerGroup(_io, options, meterFactory: null, new ListLogger());
        _listener = new RioConnectionListener(
            _listenSocket, _listenSocket.LocalEndPoint!, options, Pollers, () => ValueTask.CompletedTask, new ListLogger());
        _listener.Start();
    }

    public PollerGroup Pollers { get; }

    public int Registrations => _machine.Registered;

    public async Task<(ConnectionContext Connection, SimulatedPeer Peer)> ConnectAsync()
    {
        var peer = _machine.Connect(_listenSocket);
        var connection = await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        _connections.Add(connection!);
        return (connection!, peer);
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
