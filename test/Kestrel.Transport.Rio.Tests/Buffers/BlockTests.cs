using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class BlockTests : IDisposable
{
    private readonly PoolFixture _fixture = new();

    private RegisteredMemoryPool Pool => _fixture.Pool;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_block_is_4_KiB_on_a_page_of_its_own_and_cleared()
    {
        using var block = Pool.Rent();
        Assert.Equal(4096, block.Memory.Length);
        Assert.Equal(0, block.Address % 4096);
        Assert.False(block.Memory.Span.ContainsAnyExcept((byte)0));
        Assert.Equal(4096, Pool.MaxBufferSize);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    public void A_size_up_to_a_block_gives_a_block(int size)
    {
        using var block = Pool.Rent(size);
        Assert.Equal(4096, block.Memory.Length);
    }

    [Theory]
    [InlineData(4097)]
    [InlineData(int.MaxValue)]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    public void Any_other_size_is_refused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Pool.Rent(size));

    [Fact]
    public void A_slice_maps_to_its_slab_and_offset()
    {
        var blocks = _fixture.Rent(PoolFixture.SlabBlocks + 1);
        foreach (var block in blocks)
        {
            Assert.True(Pool.TryGetBuffer(block.Memory.Slice(100, 7), out var buffer));
            var (address, length) = _fixture.Io.Registered[buffer.Id];
            Assert.Equal(block.Address + 100, buffer.Address);
            Assert.Equal(buffer.Address, address + buffer.Offset);
            Assert.InRange(buffer.Offset, 0, length - 7);
            Assert.Equal(7, buffer.Length);
        }

        PoolFixture.Return(blocks);
    }

    [Fact]
    public void Foreign_memory_and_empty_memory_map_to_nothing()
    {
        using var other = new PoolFixture();
        using var foreign = other.Pool.Rent();
        using var own = Pool.Rent();
        Assert.False(Pool.TryGetBuffer(foreign.Memory, out _));
        Assert.False(Pool.TryGetBuffer(new byte[10], out _));
        Assert.False(Pool.TryGetBuffer(default, out _));
        Assert.False(Pool.TryGetBuffer(own.Memory[..0], out _));
        Assert.True(other.Pool.TryGetBuffer(foreign.Memory, out _));
    }

    [Fact]
    public void Two_blocks_never_share_memory()
    {
        var blocks = _fixture.Rent(3 * PoolFixture.SlabBlocks);
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i].Memory.Span.Fill((byte)i);
        }

        for (var i = 0; i < blocks.Length; i++)
        {
            Assert.False(blocks[i].Memory.Span.ContainsAnyExcept((byte)i));
        }

        PoolFixture.Return(blocks);
    }

    [Fact]
    public void A_second_return_is_an_exception_that_names_it_and_does_no_harm()
    {
        var block = Pool.Rent();
        block.Dispose();
        var thrown = Assert.Throws<InvalidOperationException>(block.Dispose);
        Assert.Contains("second time", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(PoolFixture.SlabBlocks, Pool.Counts.PooledBlocks);
        Assert.Equal(0, Pool.Counts.RentedBlocks);
    }

    [Fact]
    public void A_return_through_the_interfaces_is_the_same_return()
    {
        ((IDisposable)Pool.Rent()).Dispose();
        System.Buffers.IMemoryOwner<byte> owner = Pool.Rent();
        owner.Dispose();
        Assert.Throws<InvalidOperationException>(owner.Dispose);
        Assert.Equal(0, _fixture.Ledger.Out);
    }

    [Fact]
    public unsafe void Pinning_gives_the_native_address()
    {
        using var block = Pool.Rent();
        using var pin = block.Memory[16..].Pin();
        Assert.Equal(block.Address + 16, (nint)pin.Pointer);
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Pin(4097));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Pin(-1));
    }

    [Fact]
    public void What_came_home_last_is_lent_first()
    {
        var blocks = _fixture.Rent(5);
        PoolFixture.Return(blocks);
        using var again = Pool.Rent();
        Assert.Same(blocks[4], again);
    }

    [Fact]
    public void A_pipe_takes_oversized_memory_elsewhere_and_its_blocks_come_home()
    {
        var pipe = new System.IO.Pipelines.Pipe(new System.IO.Pipelines.PipeOptions(Pool));
        var oversized = pipe.Writer.GetMemory(100_000);
        Assert.False(Pool.TryGetBuffer(oversized, out _));
        pipe.Writer.Advance(oversized.Length);
        Assert.True(Pool.TryGetBuffer(pipe.Writer.GetMemory(), out var buffer));
        Assert.True(buffer.Id.IsValid);
        pipe.Writer.Complete();
        pipe.Reader.Complete();
        Assert.Equal(0, Pool.Counts.RentedBlocks);
    }

    [Fact]
    public void An_unregistered_slab_gives_an_address_without_an_id_where_the_provider_takes_it()
    {
        _fixture.Io.Answer = System.Net.Sockets.SocketError.NoBufferSpaceAvailable;
        using var block = Pool.Rent();
        Assert.True(Pool.TryGetBuffer(block.Memory[8..], out var buffer));
        Assert.Equal(BufferId.Invalid, buffer.Id);
        Assert.Equal(block.Address + 8, buffer.Address);
        Assert.Equal(4088, buffer.Length);
    }
}
