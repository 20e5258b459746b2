using Kestrel.Transport.Rio.Buffers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class ReturnedMemoryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_renter_has_written_is_gone_when_the_next_one_gets_the_block(bool isAttached)
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Cleared);
        using var attachment = isAttached ? fixture.Pool.AttachToCurrentThread() : null;
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        Array.ForEach(blocks, static block => block.Memory.Span.Fill(1));
        PoolFixture.Return(blocks);

        var again = fixture.Rent(PoolFixture.SlabBlocks);
        Assert.All(again, static block => Assert.Equal(-1, block.Memory.Span.IndexOfAnyExcept((byte)0)));
        PoolFixture.Return(again);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1234)]
    [InlineData(RegisteredMemoryPool.BlockSize - 1)]
    public unsafe void A_block_that_was_written_to_after_its_return_is_named_and_never_lent_again(int at)
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Checked);
        var block = fixture.Pool.Rent();
        var address = block.Address;
        block.Dispose();

        ((byte*)address)[at] = 1;
        var others = fixture.Rent(PoolFixture.SlabBlocks);

        Assert.DoesNotContain(others, other => other.Address == address);
        var (level, _, text) = Assert.Single(fixture.Logger.Entries);
        Assert.Equal(LogLevel.Critical, level);
        Assert.Contains($"0x{address:x}", text, StringComparison.Ordinal);
        Assert.Contains($"at byte {at} ", text, StringComparison.Ordinal);
        PoolFixture.Return(others);
    }

    [Fact]
    public void Blocks_that_nobody_touches_between_return_and_rent_are_lent_as_ever()
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Checked);
        for (var i = 0; i < 3; i++)
        {
            var blocks = fixture.Rent(PoolFixture.SlabBlocks);
            Array.ForEach(blocks, static block => block.Memory.Span.Fill(1));
            PoolFixture.Return(blocks);
        }

        Assert.Empty(fixture.Logger.Entries);
        Assert.Equal(1, fixture.Pool.Counts.SlabCount);
    }

    [Fact]
    public unsafe void A_bulk_buffer_is_cleared_before_another_connection_gets_it()
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Cleared);
        var buffers = fixture.Pool.CreateBulkBuffers();
        Assert.True(buffers.TryTake(out var buffer));
        new Span<byte>((void*)buffer, BulkBuffers.Size).Fill(1);
        buffers.Return(buffer);

        Assert.True(buffers.TryTake(out var again));
        Assert.Equal(buffer, again);
        Assert.Equal(-1, BulkBuffers.Bytes(again, BulkBuffers.Size).IndexOfAnyExcept((byte)0));
        buffers.Return(again);
        buffers.ReleaseSpare();
    }

    [Fact]
    public unsafe void A_slice_is_cleared_before_another_connection_gets_it()
    {
        using var fixture = new PoolFixture(returnedMemory: ReturnedMemory.Cleared);
        var slices = new ParkingSlices(fixture.Pool, sliceSize: 1024);
        Assert.True(slices.TryTake(out var slice));
        Assert.True(slices.TryTake(out var neighbour));
        new Span<byte>((void*)slice.Buffer.Address, 1024).Fill(1);
        new Span<byte>((void*)neighbour.Buffer.Address, 1024).Fill(2);
        slices.Return(slice);

        Assert.True(slices.TryTake(out var again));
        Assert.Equal(slice.Buffer.Address, again.Buffer.Address);
        Assert.Equal(-1, again.Span.IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, neighbour.Span.IndexOfAnyExcept((byte)2));
        slices.Return(again);
        slices.Return(neighbour);
        slices.ReleaseSpare();
    }
}
