using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class TrimTests
{
    private static void TrimTillStill(PoolFixture fixture)
    {
        for (var i = 0; i < 20; i++)
        {
            fixture.Pool.Trim();
        }
    }

    [Fact]
    public void Idle_slabs_go_and_one_stays()
    {
        using var fixture = new PoolFixture();
        PoolFixture.Return(fixture.Rent(10 * PoolFixture.SlabBlocks));
        TrimTillStill(fixture);
        Assert.Equal(1, fixture.Pool.Counts.SlabCount);
        Assert.Equal(9, fixture.Io.Deregistrations);
        Assert.Equal(PoolFixture.SlabSize, fixture.Pool.Counts.RegisteredBytes);
        Assert.Equal(PoolFixture.SlabBlocks, fixture.Pool.Counts.PooledBlocks);
        Assert.Equal(0, fixture.Pool.Counts.RentedBlocks);
    }

    [Fact]
    public void The_first_call_after_use_takes_nothing_and_later_ones_half()
    {
        using var fixture = new PoolFixture();
        PoolFixture.Return(fixture.Rent(9 * PoolFixture.SlabBlocks));
        fixture.Pool.Trim();
        fixture.Pool.Trim();
        Assert.Equal(9, fixture.Pool.Counts.SlabCount);
        fixture.Pool.Trim();
        Assert.Equal(5, fixture.Pool.Counts.SlabCount);
        fixture.Pool.Trim();
        Assert.Equal(3, fixture.Pool.Counts.SlabCount);
    }

    [Fact]
    public void A_load_that_comes_and_goes_keeps_its_memory()
    {
        using var fixture = new PoolFixture();
        for (var i = 0; i < 20; i++)
        {
            PoolFixture.Return(fixture.Rent(5 * PoolFixture.SlabBlocks));
            fixture.Pool.Trim();
            fixture.Pool.Trim();
        }

        Assert.Equal(5, fixture.Io.Attempts);
        Assert.Equal(0, fixture.Io.Deregistrations);
    }

    [Fact]
    public void A_slab_with_one_rented_block_is_never_deregistered()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(8 * PoolFixture.SlabBlocks);
        var held = blocks.Where((_, i) => i % PoolFixture.SlabBlocks == 7).ToArray();
        PoolFixture.Return(blocks.Except(held));
        TrimTillStill(fixture);
        Assert.Equal(8, fixture.Pool.Counts.SlabCount);
        Assert.Equal(0, fixture.Io.Deregistrations);

        PoolFixture.Return(held[1..]);
        TrimTillStill(fixture);
        Assert.Equal(1, fixture.Pool.Counts.SlabCount);
        Assert.True(fixture.Pool.TryGetBuffer(held[0].Memory, out var buffer));
        Assert.Contains(buffer.Id, fixture.Io.Registered.Keys);
        held[0].Dispose();
    }

    [Fact]
    public void Blocks_in_a_pollers_cache_hold_their_slab_until_it_is_flushed()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(4 * PoolFixture.SlabBlocks);
        using (fixture.Pool.AttachToCurrentThread())
        {
            PoolFixture.Return(blocks);
            Assert.Equal(blocks.Length, fixture.Pool.Counts.PooledBlocks);
            TrimTillStill(fixture);
            Assert.Equal(4, fixture.Pool.Counts.SlabCount);

            fixture.Pool.FlushCurrentThreadCache();
            TrimTillStill(fixture);
            Assert.Equal(1, fixture.Pool.Counts.SlabCount);
        }
    }

    [Fact]
    public void After_trimming_the_load_gathers_in_the_fullest_slabs()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(4 * PoolFixture.SlabBlocks);
        var held = new[] { blocks[0], blocks[1], blocks[PoolFixture.SlabBlocks] };
        PoolFixture.Return(blocks.Except(held));
        fixture.Pool.Trim();
        fixture.Pool.Trim();
        fixture.Pool.Trim();

        var next = fixture.Rent(PoolFixture.SlabBlocks - 2);
        Assert.All(next, block => Assert.Same(held[0].Slab, block.Slab));
        PoolFixture.Return([.. held, .. next]);
    }

    [Fact]
    public void A_number_of_a_slab_that_went_is_used_again()
    {
        using var fixture = new PoolFixture();
        for (var i = 0; i < 50; i++)
        {
            var blocks = fixture.Rent(6 * PoolFixture.SlabBlocks);
            Assert.Equal(blocks.Length, blocks.Distinct().Count());
            PoolFixture.Return(blocks);
            TrimTillStill(fixture);
        }

        Assert.Equal(1, fixture.Pool.Counts.SlabCount);
    }

    [Fact]
    public void Unregistered_slabs_go_first()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Io.Answer = System.Net.Sockets.SocketError.NoBufferSpaceAvailable;
        blocks = [.. blocks, .. fixture.Rent(1)];
        fixture.Io.Answer = System.Net.Sockets.SocketError.Success;
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        blocks = [.. blocks, .. fixture.Rent(PoolFixture.SlabBlocks)];
        PoolFixture.Return(blocks);
        TrimTillStill(fixture);
        Assert.Equal(1, fixture.Pool.Counts.SlabCount);
        Assert.Equal(0, fixture.Pool.Counts.UnregisteredBytes);
    }

    [Fact]
    public void Memory_of_a_slab_that_went_is_a_null_reference_not_somebody_elses()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(2 * PoolFixture.SlabBlocks);
        PoolFixture.Return(blocks);
        TrimTillStill(fixture);
        var stale = blocks.First(block => block.Address == 0);
        Assert.Throws<NullReferenceException>(() => stale.Memory.Span[4095] = 1);
    }
}
