using Kestrel.Transport.Rio.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>Blocks that a kernel may use for ever, since its completion queue was lost.</summary>
public sealed class AbandonTests
{
    [Fact]
    public void An_abandoned_block_is_never_rented_again_and_its_slab_stays_registered()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Pool.Abandon(blocks[3].Address + 100);

        PoolFixture.Return(blocks);

        Assert.Equal(1, fixture.Pool.Counts.RentedBlocks);
        var again = fixture.Rent(PoolFixture.SlabBlocks);
        Assert.DoesNotContain(blocks[3], again);
        Assert.Equal(2, fixture.Pool.Counts.SlabCount);
        var late = again.First(block => block.Slab != blocks[3].Slab);
        PoolFixture.Return(again.Except([late]));
        fixture.Pool.Emptied = static () => Assert.Fail("Not all of it has gone back.");
        fixture.Pool.Dispose();
        Assert.Equal(2, fixture.Io.Registered.Count);
        late.Dispose();
        var (_, range) = Assert.Single(fixture.Io.Registered);
        Assert.InRange(blocks[3].Address, range.Address, range.Address + range.Length - 1);
        Assert.Equal(["SlabsLeaked", "SlabsAwaited"], fixture.Logger.Entries.Select(static entry => entry.Id.Name));
    }

    [Fact]
    public void An_address_that_is_no_blocks_is_ignored()
    {
        using var fixture = new PoolFixture();
        PoolFixture.Return(fixture.Rent(1));

        fixture.Pool.Abandon(1);

        Assert.Equal(0, fixture.Pool.Counts.RentedBlocks);
    }
}
