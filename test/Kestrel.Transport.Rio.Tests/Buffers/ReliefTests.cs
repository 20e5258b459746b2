using Kestrel.Transport.Rio.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>Where everything that would bring a block back waits for a block itself, the pool goes beyond its limit.</summary>
public sealed class ReliefTests
{
    [Fact]
    public void Where_only_registered_memory_is_taken_relief_is_a_registered_slab_beyond_the_limit()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false, limit: PoolFixture.SlabSize);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        Assert.False(fixture.Pool.TryRentRegistered(out _));

        fixture.Pool.Relieve();

        Assert.True(fixture.Pool.TryRentRegistered(out var relief));
        Assert.True(fixture.Pool.TryGetBuffer(relief.Memory, out _));
        Assert.Equal(2, fixture.Io.Registered.Count);
        Assert.True(fixture.Pool.IsAtLimit);
        relief.Dispose();
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void Relief_notifies_the_waiter()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false, limit: PoolFixture.SlabSize);
        var told = 0;
        fixture.Pool.Room.Returned = () => told++;
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        Assert.False(fixture.Pool.RequestRoom());

        fixture.Pool.Relieve();

        Assert.Equal(1, told);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void There_is_no_relief_while_there_is_room()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false, limit: PoolFixture.SlabSize);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks - 1);

        fixture.Pool.Relieve();

        Assert.Single(fixture.Io.Registered);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void Where_unregistered_memory_does_as_well_the_limit_stays()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: true, limit: PoolFixture.SlabSize);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);

        fixture.Pool.Relieve();

        Assert.False(fixture.Pool.TryRentRegistered(out _));
        Assert.Single(fixture.Io.Registered);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void A_slab_of_relief_that_is_idle_is_given_back()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false, limit: PoolFixture.SlabSize);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Pool.Relieve();

        PoolFixture.Return(blocks);
        for (var i = 0; i < 3; i++)
        {
            fixture.Pool.Trim();
        }

        Assert.Single(fixture.Io.Registered);
    }

    [Fact]
    public void Reserve_beyond_the_limit_is_bounded_and_signals_its_return()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: true, limit: PoolFixture.SlabSize);
        var told = 0;
        fixture.Pool.Room.Returned = () => told++;
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        var beyond = new List<RegisteredBlock>();
        while (fixture.Pool.Reserve?.TryTake() is true)
        {
            beyond.Add(fixture.Pool.Rent());
            fixture.Pool.Reserve!.Use(beyond[^1].Memory);
            Assert.InRange(beyond.Count, 1, PoolFixture.SlabBlocks);
        }

        Assert.Equal(beyond.Count * RegisteredMemoryPool.BlockSize, fixture.Pool.Counts.UnregisteredBytes);
        Assert.False(fixture.Pool.RequestRoom());
        beyond[0].Dispose();

        Assert.Equal(1, told);
        Assert.True(fixture.Pool.Reserve?.TryTake() is true);
        Assert.False(fixture.Pool.Reserve?.TryTake() is true);
        fixture.Pool.Reserve!.Use(blocks[0].Memory);
        Assert.True(fixture.Pool.Reserve?.TryTake() is true, "A block of the pool's own was counted as beyond the limit.");
        PoolFixture.Return([.. blocks, .. beyond.Skip(1)]);
    }

    [Fact]
    public void Reserve_needs_a_limit_and_unregistered_receives()
    {
        using var registeredAlone = new PoolFixture(acceptsUnregistered: false, limit: PoolFixture.SlabSize);
        using var unlimited = new PoolFixture(acceptsUnregistered: true);

        Assert.False(registeredAlone.Pool.Reserve?.TryTake() is true);
        Assert.False(unlimited.Pool.Reserve?.TryTake() is true);
    }
}
