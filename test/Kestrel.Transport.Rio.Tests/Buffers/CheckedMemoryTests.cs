using Kestrel.Transport.Rio.Buffers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>
/// What is written to memory after its return is found wherever the memory goes from there: to the next renter, back to the system,
/// or to the garbage collector.
/// </summary>
public sealed class CheckedMemoryTests
{
    [Theory]
    [InlineData(nameof(BlockUse.None), "memory of the application alone")]
    [InlineData(nameof(BlockUse.Receive), "a receive")]
    [InlineData(nameof(BlockUse.Send), "a send")]
    public void It_is_said_where_in_which_slab_and_what_the_block_was_used_for(string use, string said)
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Checked, granularity: RegistrationGranularity.Block);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        var block = blocks.Single(static block => block.Address == block.Slab!.Address + (3 * RegisteredMemoryPool.BlockSize));
        Assert.True(fixture.Pool.TryGetBuffer(block.Memory, out _, Enum.Parse<BlockUse>(use)));
        PoolFixture.Return(blocks);

        Write(block.Address, 100);
        Write(block.Address, 200);
        PoolFixture.Return(fixture.Rent(PoolFixture.SlabBlocks));

        var text = Assert.Single(fixture.Logger.Entries).Text;
        Assert.Contains($"slab {block.Slab!.Number}, offset {3 * RegisteredMemoryPool.BlockSize})", text, StringComparison.Ordinal);
        Assert.Contains("at byte 100 (the last one: 200)", text, StringComparison.Ordinal);
        Assert.Contains($"it was used for {said}.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_bulk_buffer_is_reported_and_never_lent_again()
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Checked);
        var buffers = fixture.Pool.CreateBulkBuffers();
        Assert.True(buffers.TryTake(out var buffer));
        buffers.Return(buffer);
        Assert.True(buffers.TryTake(out var again));
        Assert.Equal(buffer, again);
        Assert.Empty(fixture.Logger.Entries);
        buffers.Return(buffer);

        Write(buffer, BulkBuffers.Size - 1);

        Assert.True(buffers.TryTake(out var other));
        Assert.NotEqual(buffer, other);
        AssertBulkIsNamed(fixture, buffer, BulkBuffers.Size - 1);
        buffers.Return(other);
        buffers.ReleaseSpare();
        Assert.Equal(1, buffers.Taken);
        Assert.Equal(1, fixture.Memory.Allocations);
    }

    [Fact]
    public void Changed_bulk_buffer_is_reported_and_not_freed()
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Checked);
        var buffers = fixture.Pool.CreateBulkBuffers();
        Assert.True(buffers.TryTake(out var buffer));
        buffers.Return(buffer);

        Write(buffer, 0);
        buffers.ReleaseSpare();

        AssertBulkIsNamed(fixture, buffer, 0);
        Assert.Equal(1, fixture.Memory.Allocations);
    }

    [Fact]
    public void Slab_with_a_changed_block_stays_and_lends_the_others()
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Checked);
        var blocks = fixture.Rent(2 * PoolFixture.SlabBlocks);
        PoolFixture.Return(blocks);

        // One in each slab, for it is not said which of the two goes.
        var written = blocks.GroupBy(static block => block.Slab).Select(static slab => slab.First()).ToArray();
        Array.ForEach(written, static block => Write(block.Address, 7));
        for (var i = 0; i < 4 && !Array.Exists(written, static block => block.IsAbandoned); i++)
        {
            fixture.Pool.Trim();
        }

        Assert.Equal(2, fixture.Pool.Counts.SlabCount);
        AssertIsNamed(fixture, written.Single(static block => block.IsAbandoned), 7);
        var again = fixture.Rent((2 * PoolFixture.SlabBlocks) - 2);
        Assert.Equal(2, fixture.Pool.Counts.SlabCount);
        Assert.Empty(again.Intersect(written));
        Assert.Equal(again.Length, again.Distinct().Count());
        PoolFixture.Return(again);
    }

    [Fact]
    public void Changed_slab_is_reported_and_kept_by_the_dispose()
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Checked);
        var blocks = fixture.Rent(2 * PoolFixture.SlabBlocks);
        PoolFixture.Return(blocks);
        Write(blocks[5].Address, 7);

        fixture.Pool.Dispose();

        AssertIsNamed(fixture, blocks[5], 7);
        Assert.Equal("SlabsLeaked", fixture.Logger.Entries[^1].Id.Name);
        var (_, range) = Assert.Single(fixture.Io.Registered);
        Assert.InRange(blocks[5].Address, range.Address, range.Address + range.Length - 1);
        Assert.Equal(1, fixture.Memory.Allocations);
    }

    [Fact]
    public void Changed_overflow_block_is_reported_after_later_returns()
    {
        using var fixture = new PoolFixture(limit: PoolFixture.SlabSize, returnedMemory: ReturnedMemory.Checked);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        var written = fixture.Pool.Rent();
        Assert.Equal(0, written.Link);
        written.Dispose();

        Write(written.Address, 9);
        for (var i = 1; i < ReturnedBlocks.OverflowKept; i++)
        {
            fixture.Pool.Rent().Dispose();
        }

        Assert.Empty(fixture.Logger.Entries);
        fixture.Pool.Rent().Dispose();

        AssertIsNamed(fixture, written, 9);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void Changed_overflow_block_is_reported_by_the_dispose()
    {
        using var fixture = new PoolFixture(limit: PoolFixture.SlabSize, returnedMemory: ReturnedMemory.Checked);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks + 1);
        PoolFixture.Return(blocks);
        Write(blocks[^1].Address, 9);

        fixture.Pool.Dispose();

        AssertIsNamed(fixture, blocks[^1], 9);
    }

    private static unsafe void Write(nint address, int at) => ((byte*)address)[at] = 1;

    private static void AssertIsNamed(PoolFixture fixture, RegisteredBlock block, int at)
    {
        var (level, id, text) = fixture.Logger.Entries[0];
        Assert.Equal((LogLevel.Critical, "BlockWrittenAfterReturn"), (level, id.Name));
        Assert.Contains($"0x{block.Address:x} ", text, StringComparison.Ordinal);
        Assert.Contains($"at byte {at} ", text, StringComparison.Ordinal);
    }

    private static void AssertBulkIsNamed(PoolFixture fixture, nint buffer, int at)
    {
        var (level, id, text) = Assert.Single(fixture.Logger.Entries);
        Assert.Equal((LogLevel.Critical, "BulkBufferWrittenAfterReturn"), (level, id.Name));
        Assert.Contains($"0x{buffer:x} ", text, StringComparison.Ordinal);
        Assert.Contains($"at byte {at} ", text, StringComparison.Ordinal);
    }
}
