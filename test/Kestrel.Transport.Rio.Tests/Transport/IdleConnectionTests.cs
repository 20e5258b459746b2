using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>What a connection holds while nothing comes, on a provider that cannot wait without memory in hand.</summary>
public sealed class IdleConnectionTests
{
    private const int Connections = 24;

    [Fact]
    public async Task Idle_connections_share_blocks()
    {
        await using var transport = Create(new RioTransportOptions());

        await ConnectAllAsync(transport);

        // 24 slices of 1,024 bytes.
        await SimulatedTransport.UntilAsync(() => transport.Pollers.MemoryPool.Counts.RentedBlocks == 6, "six blocks for all of them");
    }

    [Fact]
    public async Task Without_the_option_each_holds_a_block()
    {
        await using var transport = Create(new RioTransportOptions { WaitForDataBeforeAllocatingBuffer = false });

        await ConnectAllAsync(transport);

        await SimulatedTransport.UntilAsync(() => transport.Pollers.MemoryPool.Counts.RentedBlocks == Connections, "a block each");
    }

    [Fact]
    public async Task Block_by_block_each_holds_a_block_and_a_registration()
    {
        await using var transport = Create(
            new RioTransportOptions { RegistrationGranularity = RegistrationGranularity.Block, SlabSize = 64 * 1024 });

        await ConnectAllAsync(transport);

        await SimulatedTransport.UntilAsync(() => transport.Pollers.MemoryPool.Counts.RentedBlocks == Connections, "a block each");
        Assert.Equal(32, transport.Registrations);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(100_000)]
    public async Task What_arrives_in_a_slice_and_behind_it_is_whole_and_in_order(int length)
    {
        await using var transport = Create(new RioTransportOptions());
        var (connection, peer) = await transport.ConnectAsync();
        for (var seed = 1UL; seed <= 3; seed++)
        {
            var bytes = Bench.Bytes(length, seed);
            Assert.True(peer.Write(bytes));

            Assert.Equal(bytes, await SimulatedTransport.ReadAsync(connection, length));
        }

        // Idle again, and in a slice again, unless the last bytes filled a block or slice to its end.
        if (length != 1024)
        {
            await SimulatedTransport.UntilAsync(() => transport.Pollers.MemoryPool.Counts.RentedBlocks == 1, "one block for its slice");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_byte_is_echoed_on_an_unsteady_machine(ulong seed)
    {
        await using var transport = Create(
            new RioTransportOptions { PollerCount = 2, IdleReceiveSize = 64, SlabSize = 64 * 1024 }, seed);
        var echoes = new List<Task>();
        for (var i = 0UL; i < 8; i++)
        {
            var (connection, peer) = await transport.ConnectAsync();
            echoes.Add(EchoAsync(connection, peer, seed + i));
        }

        await Task.WhenAll(echoes);
    }

    private static SimulatedTransport Create(RioTransportOptions options, ulong? seed = null)
    {
        var simulation = new SimulationOptions { Seed = seed ?? 1 }.AsWinsock();
        options.PollerCount = seed is null ? 1 : options.PollerCount;
        return new SimulatedTransport(seed is null ? simulation : simulation.Unsteady(), options);
    }

    private static async Task ConnectAllAsync(SimulatedTransport transport)
    {
        for (var i = 0; i < Connections; i++)
        {
            await transport.ConnectAsync();
        }
    }

    private static async Task EchoAsync(ConnectionContext connection, SimulatedPeer peer, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        for (var round = 0; round < 10; round++)
        {
            var bytes = Bench.Bytes(random.Between(1, 20_000), random.Next());
            Assert.True(peer.Write(bytes));
            await connection.Transport.Output.WriteAsync(
                await SimulatedTransport.ReadAsync(connection, bytes.Length), TestContext.Current.CancellationToken);
            var echo = new List<byte>();
            await SimulatedTransport.UntilAsync(
                () =>
                {
                    echo.AddRange(peer.ReadAvailable());
                    return echo.Count == bytes.Length;
                },
                "the echo");
            Assert.Equal(bytes, echo);
        }
    }
}
