using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests.Transport;

/// <summary>A stop with everything still under way.</summary>
public sealed class StopTests
{
    /// <summary>Idle connections hold slices, which are the pollers': the application has no memory that would keep the slab.</summary>
    [Theory]
    [InlineData(ApplicationScheduling.ThreadPool)]
    [InlineData(ApplicationScheduling.Inline)]
    public async Task Memory_is_deregistered_behind_the_last_completion_however_late_it_comes(ApplicationScheduling scheduling)
    {
        var transport = new WinsockTransport(
            new RioTransportOptions { PollerCount = 2, SlabSize = 128 * 1024, ApplicationScheduling = scheduling },
            "owner=1;late=1000;late_ms=50");
        var connections = new List<(ConnectionContext Connection, Socket Peer)>();
        while (connections.Count < 6)
        {
            connections.Add(await transport.ConnectAndAcceptAsync());
        }

        await WinsockTransport.UntilAsync(() => TestBench.Counters().Receives == 6, "a receive on each");
        await WinsockTransport.WithinAsync(transport.StopAsync());

        transport.AssertNothingLeft();
        foreach (var (connection, peer) in connections)
        {
            var error = await Assert.ThrowsAsync<ConnectionAbortedException>(() => WinsockTransport.ReadAsync(connection));
            Assert.Equal("The transport is stopping.", error.Message);
            await WinsockTransport.WithinAsync(connection.DisposeAsync().AsTask());
            peer.Dispose();
        }
    }
}
