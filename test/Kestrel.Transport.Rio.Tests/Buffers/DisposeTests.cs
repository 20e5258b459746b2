using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class DisposeTests
{
    [Fact]
    public void With_all_blocks_home_everything_is_deregistered_and_nothing_is_logged()
    {
        var fixture = new PoolFixture();
        PoolFixture.Return(fixture.Rent(3 * PoolFixture.SlabBlocks));
        var emptied = 0;
        fixture.Pool.Emptied = () => emptied++;
        fixture.Dispose();
        fixture.Pool.Dispose();
        Assert.Equal(1, emptied);
        Assert.Empty(fixture.Io.Registered);
        Assert.Equal(3, fixture.Io.Deregistrations);
        Assert.Equal(0, fixture.Pool.Counts.SlabCount);
        Assert.Equal(0, fixture.Pool.Counts.RegisteredBytes);
        Assert.Equal(0, fixture.Pool.Counts.PooledBlocks);
        Assert.Empty(fixture.Logger.Entries);
    }

    [Fact]
    public void Afterwards_nothing_can_be_rented()
    {
        var fixture = new PoolFixture();
        fixture.Dispose();
        Assert.Throws<ObjectDisposedException>(() => fixture.Pool.Rent());
        Assert.Throws<ObjectDisposedException>(() => fixture.Pool.TryRentRegistered(out _));
        Assert.Throws<ObjectDisposedException>(() => fixture.Pool.AttachToCurrentThread());
        Assert.False(fixture.Pool.HasRoom);
        Assert.False(fixture.Pool.RequestRoom());
        fixture.Pool.Trim();
        fixture.Pool.FlushCurrentThreadCache();
    }

    [Fact]
    public void Slab_with_a_rented_block_is_reported_and_deregistered_later()
    {
        var fixture = new PoolFixture();
        var emptied = 0;
        fixture.Pool.Emptied = () => emptied++;
        var blocks = fixture.Rent(3 * PoolFixture.SlabBlocks);
        PoolFixture.Return(blocks[2..]);
        fixture.Dispose();

        var (level, _, text) = Assert.Single(fixture.Logger.Entries);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("2 blocks", text, StringComparison.Ordinal);
        Assert.Contains("1 slabs", text, StringComparison.Ordinal);
        Assert.Equal(2, fixture.Io.Deregistrations);
        Assert.Equal(2, fixture.Pool.Counts.RentedBlocks);

        blocks[0].Memory.Span.Fill(1);
        blocks[0].Dispose();
        Assert.Single(fixture.Io.Registered);
        Assert.Equal(0, emptied);

        blocks[1].Dispose();
        Assert.Empty(fixture.Io.Registered);
        Assert.Equal(0, fixture.Pool.Counts.RentedBlocks);
        Assert.Equal(0, fixture.Pool.Counts.SlabCount);
        Assert.Equal(1, emptied);
        Assert.Equal(0, fixture.Ledger.Breaches);
    }

    [Fact]
    public void An_unregistered_slab_is_freed_when_its_last_block_comes_back_late()
    {
        var fixture = new PoolFixture();
        fixture.Io.Answer = SocketError.NoBufferSpaceAvailable;
        var blocks = fixture.Rent(2);
        fixture.Dispose();
        blocks[0].Dispose();
        Assert.Equal(1, fixture.Pool.Counts.SlabCount);
        blocks[1].Dispose();
        Assert.Equal(0, fixture.Pool.Counts.SlabCount);
        Assert.Equal(0, fixture.Pool.Counts.UnregisteredBytes);
    }

    [Fact]
    public void A_cache_that_is_detached_late_holds_its_slab_until_then()
    {
        var fixture = new PoolFixture();
        using (fixture.Pool.AttachToCurrentThread())
        {
            fixture.Pool.Rent().Dispose();
            fixture.Dispose();
            Assert.Contains("1 in the caches", Assert.Single(fixture.Logger.Entries).Text, StringComparison.Ordinal);
            Assert.Single(fixture.Io.Registered);
        }

        Assert.Empty(fixture.Io.Registered);
        Assert.Equal(0, fixture.Pool.Counts.RentedBlocks);
    }

    [Fact]
    public void An_overflow_block_that_comes_back_late_is_nothing_special()
    {
        var fixture = new PoolFixture(limit: PoolFixture.SlabSize);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks + 1);
        PoolFixture.Return(blocks[..^1]);
        fixture.Dispose();
        Assert.Empty(fixture.Logger.Entries);
        blocks[^1].Dispose();
        Assert.Equal(0, fixture.Pool.Counts.RentedBlocks);
    }
}
