using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>Connections that receive more than a block at a time, where a provider can wait without memory in hand.</summary>
public sealed class BulkReceiveTests
{
    private const int Length = 200_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bulk_data_are_whole_and_in_order_and_come_in_large_pieces(bool waitForData)
    {
        await using var transport = Create(new RioTransportOptions { PollerCount = 1, WaitForDataBeforeAllocatingBuffer = waitForData });
        var (connection, peer) = await transport.ConnectAsync();
        var completions = transport.Pollers.Pollers.Single().Figures.Completions;
        var bytes = Bench.Bytes(Length, seed: 1);

        Assert.True(peer.Write(bytes));

        Assert.Equal(bytes, await SimulatedTransport.ReadAsync(connection, Length));

        // Block by block it would be 49 receives and as many waits.
        Assert.InRange(transport.Pollers.Pollers.Single().Figures.Completions - completions, 1, 20);
        await AssertNoneTakenAsync(transport);
    }

    [Fact]
    public async Task A_low_limit_of_unread_bytes_is_not_overrun_by_a_large_piece()
    {
        const int Limit = 16 * 1024;
        await using var transport = Create(new RioTransportOptions { PollerCount = 1, MaxReadBufferSize = Limit });
        var (connection, peer) = await transport.ConnectAsync();
        Assert.True(peer.Write(Bench.Bytes(Length, seed: 1)));

        var read = await connection.Transport.Input.ReadAtLeastAsync(Limit, TestContext.Current.CancellationToken);

        Assert.InRange(read.Buffer.Length, Limit, Limit + RegisteredMemoryPool.BlockSize);
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Many_uploads_share_a_few_buffers_on_an_unsteady_machine(ulong seed)
    {
        await using var transport = Create(new RioTransportOptions { PollerCount = 1 }, new SimulationOptions { Seed = seed }.Unsteady());
        var reads = new List<Task>();
        for (var i = 0; i < 2 * BulkBuffers.MaxBuffers; i++)
        {
            var (connection, peer) = await transport.ConnectAsync();
            reads.Add(ReadAndCompareAsync(connection, peer, seed + (ulong)i));
        }

        await Task.WhenAll(reads);
        await AssertNoneTakenAsync(transport);
    }

    [Fact]
    public async Task A_connection_that_is_aborted_while_bulk_data_come_gives_its_buffer_back()
    {
        await using var transport = Create(new RioTransportOptions { PollerCount = 1 }, new SimulationOptions().Unsteady());
        var (connection, peer) = await transport.ConnectAsync();
        Assert.True(peer.Write(Bench.Bytes(Length, seed: 1)));
        _ = await connection.Transport.Input.ReadAtLeastAsync(Length / 4, TestContext.Current.CancellationToken);

        connection.Abort();
        await connection.DisposeAsync();

        await AssertNoneTakenAsync(transport);
    }

    private static SimulatedTransport Create(RioTransportOptions options, SimulationOptions? simulation = null)
        => new(simulation ?? new SimulationOptions { Seed = 1 }, options);

    private static async Task ReadAndCompareAsync(ConnectionContext connection, SimulatedPeer peer, ulong seed)
    {
        var bytes = Bench.Bytes(Length, seed);
        Assert.True(peer.Write(bytes));
        Assert.Equal(bytes, await SimulatedTransport.ReadAsync(connection, Length));
    }

    private static Task AssertNoneTakenAsync(SimulatedTransport transport)
        => SimulatedTransport.UntilAsync(() => transport.Pollers.Pollers.Single().Bulk!.Taken == 0, "no large buffer is taken");
}
