using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class GranularityTests
{
    [Fact]
    public void Block_by_block_each_block_is_a_registration_of_its_own()
    {
        using var fixture = new PoolFixture(granularity: RegistrationGranularity.Block);

        var blocks = fixture.Rent(PoolFixture.SlabBlocks);

        Assert.Equal(PoolFixture.SlabBlocks, fixture.Io.Registered.Count);
        Assert.Equal(PoolFixture.SlabSize, fixture.Pool.Counts.RegisteredBytes);
        foreach (var block in blocks)
        {
            Assert.True(fixture.Pool.TryGetBuffer(block.Memory[100..200], out var buffer));
            Assert.Equal((block.Address, RegisteredMemoryPool.BlockSize), fixture.Io.Registered[buffer.Id]);
            Assert.Equal((100, 100, block.Address + 100), (buffer.Offset, buffer.Length, buffer.Address));
        }

        Assert.Equal(blocks.Length, blocks.Select(block => block.Id).Distinct().Count());
        PoolFixture.Return(blocks);
    }

    [Theory]
    [InlineData(RegistrationGranularity.Slab, 1)]
    [InlineData(RegistrationGranularity.Block, PoolFixture.SlabBlocks)]
    public void Everything_is_deregistered_in_the_end(RegistrationGranularity granularity, int registrations)
    {
        using (var fixture = new PoolFixture(granularity: granularity))
        {
            PoolFixture.Return(fixture.Rent(3));
            fixture.Pool.Dispose();

            Assert.Empty(fixture.Io.Registered);
            Assert.Equal(registrations, fixture.Io.Deregistrations);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_slab_is_registered_whole_or_not_at_all(bool acceptsUnregistered)
    {
        using var fixture = new PoolFixture(acceptsUnregistered, granularity: RegistrationGranularity.Block);
        var first = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Io.Room = 5;

        var next = fixture.Pool.Rent();

        Assert.False(next.Id.IsValid);
        Assert.Equal(PoolFixture.SlabBlocks, fixture.Io.Registered.Count);
        Assert.Equal(PoolFixture.SlabSize, fixture.Pool.Counts.RegisteredBytes);
        Assert.Equal(5, fixture.Io.Deregistrations);
        next.Dispose();
        PoolFixture.Return(first);
    }

    [Fact]
    public void The_refusal_of_a_block_is_the_refusal_of_memory()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false, granularity: RegistrationGranularity.Block);
        fixture.Io.Answer = SocketError.NoBufferSpaceAvailable;

        Assert.Throws<InvalidOperationException>(() => fixture.Pool.Rent());
    }
}
