using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class SlabTests
{
    [Fact]
    public void Nothing_is_registered_before_it_is_needed_and_then_a_slab_at_a_time()
    {
        using var fixture = new PoolFixture();
        Assert.Equal(0, fixture.Pool.Counts.SlabCount);
        Assert.True(fixture.Pool.HasRoom);

        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        Assert.Equal(1, fixture.Pool.Counts.SlabCount);
        blocks = [.. blocks, .. fixture.Rent(1)];
        Assert.Equal(2, fixture.Pool.Counts.SlabCount);
        Assert.Equal(2 * PoolFixture.SlabSize, fixture.Pool.Counts.RegisteredBytes);
        Assert.Equal(0, fixture.Pool.Counts.UnregisteredBytes);
        Assert.Equal(PoolFixture.SlabBlocks + 1, fixture.Pool.Counts.RentedBlocks);
        Assert.Equal(PoolFixture.SlabBlocks - 1, fixture.Pool.Counts.PooledBlocks);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void The_slab_table_grows_past_its_first_size()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(20 * PoolFixture.SlabBlocks);
        Assert.Equal(20, fixture.Pool.Counts.SlabCount);
        Assert.Equal(blocks.Length, blocks.Distinct().Count());
        PoolFixture.Return(blocks);
        Assert.Equal(blocks.Length, fixture.Pool.Counts.PooledBlocks);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(5 * 4096)]
    [InlineData(33 * 4096)]
    public void A_slab_need_not_hold_a_power_of_two(int slabSize)
    {
        using var pool = new RegisteredMemoryPool(new RecordingIo(), slabSize, null, null, new ListLogger());
        var blocks = Enumerable.Range(0, 100).Select(_ => pool.Rent()).ToArray();
        PoolFixture.Return(blocks);
        var again = Enumerable.Range(0, 100).Select(_ => pool.Rent()).ToArray();
        Assert.Equal(100, again.Select(block => block.Address).Distinct().Count());
        PoolFixture.Return(again);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Past_the_limit_blocks_are_ordinary_memory(bool acceptsUnregistered)
    {
        using var fixture = new PoolFixture(acceptsUnregistered, limit: PoolFixture.SlabSize);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        Assert.False(fixture.Pool.HasRoom);
        Assert.False(fixture.Pool.TryRentRegistered(out _));

        var overflow = fixture.Pool.Rent();
        overflow.Memory.Span.Fill(1);
        Assert.Equal(acceptsUnregistered, fixture.Pool.TryGetBuffer(overflow.Memory, out var buffer));
        Assert.Equal(acceptsUnregistered ? overflow.Address : 0, buffer.Address);
        Assert.Equal(PoolFixture.SlabSize, fixture.Pool.Counts.RegisteredBytes);
        Assert.Equal(4096, fixture.Pool.Counts.UnregisteredBytes);
        Assert.Equal(PoolFixture.SlabBlocks + 1, fixture.Pool.Counts.RentedBlocks);

        overflow.Dispose();
        Assert.Throws<InvalidOperationException>(overflow.Dispose);
        Assert.False(fixture.Pool.HasRoom);
        Assert.Equal(0, fixture.Pool.Counts.UnregisteredBytes);

        blocks[3].Dispose();
        Assert.True(fixture.Pool.HasRoom);
        Assert.True(fixture.Pool.TryRentRegistered(out var block));
        Assert.Same(blocks[3], block);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void Limit_below_one_slab_or_a_broken_slab_size_is_refused()
    {
        var io = new RecordingIo();
        var logger = new ListLogger();
        Assert.Throws<ArgumentOutOfRangeException>(() => new RegisteredMemoryPool(io, 8192, 4096, null, logger));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RegisteredMemoryPool(io, 8000, null, null, logger));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RegisteredMemoryPool(io, 0, null, null, logger));
    }

    [Fact]
    public void A_refused_registration_is_one_warning_and_the_pool_goes_on_unregistered()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: true);
        fixture.Io.Answer = SocketError.NoBufferSpaceAvailable;
        var blocks = fixture.Rent(3 * PoolFixture.SlabBlocks);

        var (level, _, text) = Assert.Single(fixture.Logger.Entries);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("NoBufferSpaceAvailable", text, StringComparison.Ordinal);
        Assert.Contains("ulimit -l", text, StringComparison.Ordinal);
        Assert.Equal(1, fixture.Io.Attempts);
        Assert.Equal(3 * PoolFixture.SlabSize, fixture.Pool.Counts.UnregisteredBytes);
        Assert.Equal(0, fixture.Pool.Counts.RegisteredBytes);
        Assert.True(fixture.Pool.HasRoom);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void A_refused_registration_is_tried_again_after_a_while_and_without_another_warning()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: true);
        fixture.Io.Answer = SocketError.NoBufferSpaceAvailable;
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        blocks = [.. blocks, .. fixture.Rent(PoolFixture.SlabBlocks)];
        Assert.Equal(2, fixture.Io.Attempts);

        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        fixture.Io.Answer = SocketError.Success;
        blocks = [.. blocks, .. fixture.Rent(PoolFixture.SlabBlocks + 1)];
        Assert.Equal(4, fixture.Io.Attempts);
        Assert.Equal(2 * PoolFixture.SlabSize, fixture.Pool.Counts.RegisteredBytes);
        Assert.Single(fixture.Logger.Entries);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void Where_only_registered_memory_works_a_first_refusal_is_a_clear_error()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false);
        fixture.Io.Answer = SocketError.NoBufferSpaceAvailable;
        var thrown = Assert.Throws<InvalidOperationException>(() => fixture.Pool.Rent());
        Assert.Contains("RLIMIT_MEMLOCK", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0, fixture.Pool.Counts.SlabCount);

        fixture.Io.Answer = SocketError.Success;
        fixture.Pool.Rent().Dispose();
    }

    [Fact]
    public void Later_refusal_is_a_limit_until_memory_is_asked_again()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Io.Answer = SocketError.NoBufferSpaceAvailable;
        using (var overflow = fixture.Pool.Rent())
        {
            Assert.False(fixture.Pool.TryGetBuffer(overflow.Memory, out _));
        }

        Assert.False(fixture.Pool.HasRoom);
        Assert.Equal(LogLevel.Warning, Assert.Single(fixture.Logger.Entries).Level);
        fixture.Pool.Rent().Dispose();
        Assert.Equal(2, fixture.Io.Attempts);

        fixture.Io.Answer = SocketError.Success;
        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.True(fixture.Pool.HasRoom);
        using var block = fixture.Pool.Rent();
        Assert.True(fixture.Pool.TryGetBuffer(block.Memory, out _));
        PoolFixture.Return(blocks);
    }
}
