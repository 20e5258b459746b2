using System.Net.Sockets;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests.Transport;

/// <summary>Request queues and completion queues begin small and grow by Winsock's own calls, which the bench counts.</summary>
public sealed class QueueGrowthTests
{
    // A connection is charged with 1 receive and 16 sends.
    private const int TwoConnections = 34;

    [Fact]
    public async Task A_completion_queue_is_doubled_before_a_connection_needs_the_room()
    {
        var transport = Create("owner=1");
        var connections = new List<(ConnectionContext Connection, Socket Peer)>();
        ulong[] resizes = [0, 0, 1, 1, 2, 2, 2, 2, 3];
        foreach (var expected in resizes)
        {
            connections.Add(await transport.ConnectAndAcceptAsync());
            Assert.Equal(expected, TestBench.Counters().CqResizes);
        }

        await transport.EndAsync(connections);
    }

    [Fact]
    public async Task Request_queue_grows_once_for_a_large_answer()
    {
        var transport = Create("owner=1");
        var (connection, peer) = await transport.ConnectAndAcceptAsync();

        await AnswerAsync(connection, peer, 4 * 4096);
        Assert.Equal(0UL, TestBench.Counters().RqResizes);
        await AnswerAsync(connection, peer, 60_000);
        await AnswerAsync(connection, peer, 60_000);

        Assert.Equal(1UL, TestBench.Counters().RqResizes);
        await transport.EndAsync([(connection, peer)]);
    }

    [Fact]
    public async Task A_request_queue_that_cannot_grow_sends_it_all_in_turns()
    {
        var transport = Create("owner=1;resize_rq=1000");
        var (connection, peer) = await transport.ConnectAndAcceptAsync();

        await AnswerAsync(connection, peer, 300_000);

        Assert.Equal(0UL, TestBench.Counters().RqResizes);
        await transport.EndAsync([(connection, peer)]);
    }

    [Theory]
    [InlineData("resize_cq=1000")]
    [InlineData("resize_cq=1000;resize_cq_code=10055")]
    [InlineData("nobufs=1000;send=0;receive=0;resize_rq=0;create_rq=0")]
    public async Task Full_completion_queue_refuses_new_connections_and_serves_the_others(string fault)
    {
        var transport = Create("owner=1");
        List<(ConnectionContext Connection, Socket Peer)> connections =
            [await transport.ConnectAndAcceptAsync(), await transport.ConnectAndAcceptAsync()];
        TestBench.Configure($"owner=1;{fault}");

        foreach (var refused in (int[])[1, 2, 3])
        {
            using var turnedAway = await transport.ConnectAsync();
            Assert.Equal(0, await WinsockTransport.ReceiveAllAsync(turnedAway));
            await WinsockTransport.UntilAsync(() => transport.Log.Named("ConnectionRefused").Count() >= refused, "the line in the log");
            var lines = transport.Log.Entries.Where(static entry => entry.Level >= LogLevel.Warning).ToList();
            Assert.Equal(refused, lines.Count);
            Assert.Equal(("ConnectionRefused", LogLevel.Warning), (lines[^1].Name, lines[^1].Level));
            Assert.Contains(nameof(SocketError.NoBufferSpaceAvailable), lines[^1].Text, StringComparison.Ordinal);
        }

        foreach (var (connection, peer) in connections)
        {
            await AnswerAsync(connection, peer, 10_000);
        }

        // One that goes makes room for one that comes.
        connections[0].Peer.Dispose();
        await WinsockTransport.WithinAsync(connections[0].Connection.DisposeAsync().AsTask());
        connections[0] = await transport.ConnectAndAcceptAsync();
        await AnswerAsync(connections[0].Connection, connections[0].Peer, 10_000);

        TestBench.Configure("owner=1");
        connections.Add(await transport.ConnectAndAcceptAsync());
        await AnswerAsync(connections[2].Connection, connections[2].Peer, 10_000);
        await transport.EndAsync(connections);
    }

    private static WinsockTransport Create(string settings)
        => new(new RioTransportOptions { PollerCount = 1 }, settings, TwoConnections);

    /// <summary>An answer in one flush, as large as it is, and every byte of it.</summary>
    private static async Task AnswerAsync(ConnectionContext connection, Socket peer, int length)
    {
        var pattern = new Pattern(length);
        var answer = new byte[length];
        pattern.Fill(answer, 0);
        var flushing = connection.Transport.Output.WriteAsync(answer, TestContext.Current.CancellationToken).AsTask();
        var received = new byte[length];
        for (var count = 0; count < length;)
        {
            count += await WinsockTransport.WithinAsync(peer.ReceiveAsync(received.AsMemory(count)).AsTask());
        }

        pattern.AssertIs(received, 0, "the answer");
        await WinsockTransport.WithinAsync(flushing);
    }
}
