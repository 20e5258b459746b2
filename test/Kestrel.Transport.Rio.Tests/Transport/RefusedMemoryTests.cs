using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Faults;
using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>The system has no memory for a slab or for a bulk buffer: the data wait or go another way, and no poller dies of it.</summary>
public sealed class RefusedMemoryTests
{
    private const int Length = 200_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Data_that_come_while_the_system_has_no_memory_arrive_all_the_same(bool likeWinsock)
    {
        var simulation = new SimulationOptions();
        await using var transport = new SimulatedTransport(
            likeWinsock ? simulation.AsWinsock() : simulation, new RioTransportOptions { PollerCount = 1, SlabSize = 16 * 1024 });
        var (connection, peer) = await transport.ConnectAsync();
        var bytes = Bench.Bytes(Length);
        transport.Faults.RefusesMemory = true;

        Assert.True(peer.Write(bytes));
        var reading = SimulatedTransport.ReadAsync(connection, Length);
        await SimulatedTransport.UntilAsync(() => transport.Faults.Tally[FaultPoint.Allocation] > 0, "memory that is refused");
        transport.Faults.RefusesMemory = false;

        Assert.Equal(bytes, await reading.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.False(transport.Pollers.Pollers.Single().IsDead);
        Assert.Contains(transport.Logger.Entries, static entry => entry.Id.Name is "MemoryRefused");
        Assert.All(transport.Logger.Entries, static entry => Assert.Equal("MemoryRefused", entry.Id.Name));
    }

    /// <summary>From then on nothing else is refused: slabs there are enough of.</summary>
    [Fact]
    public async Task Bulk_data_go_through_blocks_where_there_is_no_memory_for_a_bulk_buffer()
    {
        await using var transport = new SimulatedTransport(new SimulationOptions(), new RioTransportOptions { PollerCount = 1 });
        var (connection, peer) = await transport.ConnectAsync();
        peer.Write([1]);
        await SimulatedTransport.ReadAsync(connection, 1);
        transport.Faults.RefusesMemory = true;
        var bytes = Bench.Bytes(Length);

        Assert.True(peer.Write(bytes));

        Assert.Equal(bytes, await SimulatedTransport.ReadAsync(connection, Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        var poller = transport.Pollers.Pollers.Single();
        Assert.Equal((false, 0), (poller.IsDead, poller.Bulk!.Taken));
        Assert.NotEqual(0, transport.Faults.Tally[FaultPoint.Allocation]);
        Assert.Equal("MemoryRefused", Assert.Single(transport.Logger.Entries).Id.Name);
    }
}
