using System.Net.Sockets;
using Kestrel.Transport.Rio.WinsockTests.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests.Faults;

/// <summary>RIO_CORRUPT_CQ: the end of a poller's connections and of nothing else.</summary>
public sealed class LostQueueTests
{
    private const string NextDequeueIsTheLast = "owner=1;corrupt_at=1";

    [Theory]
    [InlineData(RegistrationGranularity.Slab)]
    [InlineData(RegistrationGranularity.Block)]
    public async Task Lost_queue_ends_its_connections_only(RegistrationGranularity granularity)
    {
        var transport = new WinsockTransport(
            new RioTransportOptions { PollerCount = 2, SlabSize = 128 * 1024, RegistrationGranularity = granularity }, "owner=1");
        var before = await ConnectAsync(transport, 6);

        // Whichever poller this wakes.
        TestBench.Configure(NextDequeueIsTheLast);
        await before[0].Peer.SendAsync(new byte[1]);
        await WinsockTransport.UntilAsync(() => transport.Log.Named("CompletionQueueFailed").Any(), "the loss of a completion queue");
        TestBench.Configure("owner=1");

        var lost = Assert.Single(transport.Pollers.Pollers, static poller => poller.IsLost);
        var entry = Assert.Single(transport.Log.Named("CompletionQueueFailed"));
        Assert.Equal(LogLevel.Critical, entry.Level);
        Assert.Equal((lost.Index, 3, 3), (entry.Values["Poller"], entry.Values["Connections"], entry.Values["LostBuffers"]));

        var ended = new List<ConnectionContext>();
        foreach (var (connection, peer) in before)
        {
            if (await EndsAsync(connection, peer))
            {
                ended.Add(connection);
                await WinsockTransport.WithinAsync(connection.DisposeAsync().AsTask());
            }
        }

        Assert.Equal(3, ended.Count);
        Assert.Equal(0, lost.Connections);
        var after = await ConnectAsync(transport, 4);
        foreach (var (connection, peer) in after)
        {
            await EchoAsync(connection, peer);
        }

        Assert.Equal(0, lost.Connections);
        Assert.Empty(transport.Log.Named("ConnectionRefused"));
        await transport.EndAsync([.. before.Where(one => !ended.Contains(one.Connection)), .. after]);
    }

    [Fact]
    public async Task New_connections_are_refused_when_all_queues_are_lost()
    {
        var transport = new WinsockTransport(new RioTransportOptions { PollerCount = 1 }, "owner=1");
        var before = await ConnectAsync(transport, 2);
        TestBench.Configure(NextDequeueIsTheLast);
        await before[0].Peer.SendAsync(new byte[1]);
        foreach (var (connection, peer) in before)
        {
            Assert.True(await EndsAsync(connection, peer));
        }

        foreach (var refused in (int[])[1, 2, 3])
        {
            using var peer = await transport.ConnectAsync();
            Assert.Equal(0, await WinsockTransport.ReceiveAllAsync(peer));
            await WinsockTransport.UntilAsync(() => transport.Log.Named("ConnectionRefused").Count() >= refused, "the line in the log");
            Assert.Equal(refused, transport.Log.Named("ConnectionRefused").Count());
        }

        await transport.EndAsync(before);
    }

    private static async Task<List<(ConnectionContext Connection, Socket Peer)>> ConnectAsync(WinsockTransport transport, int count)
    {
        var connections = new List<(ConnectionContext, Socket)>();
        for (var i = 0; i < count; i++)
        {
            connections.Add(await transport.ConnectAndAcceptAsync());
        }

        await WinsockTransport.UntilAsync(() => TestBench.Counters().Receives >= (ulong)count, "a receive on each");
        return connections;
    }

    /// <summary>Whether the loss has ended it; if not, it must go on.</summary>
    private static async Task<bool> EndsAsync(ConnectionContext connection, Socket peer)
    {
        try
        {
            await peer.SendAsync(new byte[1]);
            connection.Transport.Input.AdvanceTo((await WinsockTransport.ReadAsync(connection)).End);
            await EchoAsync(connection, peer);
            return false;
        }
        catch (ConnectionAbortedException e)
        {
            Assert.Contains("RIO_CORRUPT_CQ", e.Message, StringComparison.Ordinal);
            return true;
        }
        catch (SocketException)
        {
            // The peer has heard of it first.
            var error = await Assert.ThrowsAsync<ConnectionAbortedException>(() => WinsockTransport.ReadAsync(connection));
            Assert.Contains("RIO_CORRUPT_CQ", error.Message, StringComparison.Ordinal);
            return true;
        }
    }

    private static async Task EchoAsync(ConnectionContext connection, Socket peer)
    {
        await peer.SendAsync(new byte[] { 1, 2, 3 });
        connection.Transport.Input.AdvanceTo((await WinsockTransport.ReadAsync(connection, 3)).End);
        await connection.Transport.Output.WriteAsync(new byte[] { 4, 5, 6 });
        var answer = new byte[3];
        Assert.Equal(3, await WinsockTransport.WithinAsync(peer.ReceiveAsync(answer)));
        Assert.Equal([4, 5, 6], answer);
    }
}
