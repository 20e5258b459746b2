using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>The system has no memory. That is no more than a pool that is at its limit for a while.</summary>
public sealed class RefusedMemoryTests
{
    private static readonly TimeSpan s_aWhile = TimeSpan.FromSeconds(1);

    [Fact]
    public void There_is_no_room_and_the_system_is_asked_again_after_a_while()
    {
        using var fixture = new PoolFixture();
        fixture.Memory.Refuses = true;

        Assert.False(fixture.Pool.TryRentRegistered(out _));
        Assert.False(fixture.Pool.HasRoom);
        Assert.True(fixture.Pool.IsAtLimit);
        Assert.False(fixture.Pool.TryRentRegistered(out _));
        Assert.Equal(1, fixture.Memory.Refusals);

        fixture.Time.Advance(s_aWhile);
        Assert.True(fixture.Pool.HasRoom);
        Assert.False(fixture.Pool.TryRentRegistered(out _));
        Assert.Equal(2, fixture.Memory.Refusals);

        fixture.Memory.Refuses = false;
        fixture.Time.Advance(s_aWhile);
        Assert.True(fixture.Pool.TryRentRegistered(out var block));
        block.Dispose();
        var (level, id, text) = Assert.Single(fixture.Logger.Entries);
        Assert.Equal((LogLevel.Warning, "MemoryRefused"), (level, id.Name));
        Assert.Contains($"{PoolFixture.SlabSize} bytes", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.NoBufferSpaceAvailable, "RLIMIT_MEMLOCK")]
    [InlineData(CompletionQueue.TooManyReferences, "SlabSize")]
    public void Refused_registration_names_the_remedy_for_its_reason(SocketError reason, string remedy)
    {
        using var fixture = new PoolFixture();
        fixture.Io.Answer = reason;

        fixture.Pool.Rent().Dispose();

        var (level, id, text) = Assert.Single(fixture.Logger.Entries);
        Assert.Equal((LogLevel.Warning, "RegistrationRefused"), (level, id.Name));
        Assert.Contains(remedy, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Waiter_is_notified_when_the_system_may_have_memory_again(bool acceptsUnregistered)
    {
        using var fixture = new PoolFixture(acceptsUnregistered);
        var told = 0;
        fixture.Pool.Room.Returned = () => told++;
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Memory.Refuses = true;
        Assert.False(fixture.Pool.TryRentRegistered(out _));
        Assert.False(fixture.Pool.RequestRoom());

        fixture.Pool.Relieve();
        Assert.Equal(0, told);

        fixture.Memory.Refuses = false;
        fixture.Time.Advance(s_aWhile);
        fixture.Pool.Relieve();
        Assert.Equal(1, told);
        Assert.True(fixture.Pool.TryRentRegistered(out var block));
        block.Dispose();
        PoolFixture.Return(blocks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_an_application_writes_goes_into_ordinary_memory_meanwhile(bool acceptsUnregistered)
    {
        using var fixture = new PoolFixture(acceptsUnregistered);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Memory.Refuses = true;

        using var block = fixture.Pool.Rent();

        Assert.Equal(0, block.Link);
        block.Memory.Span.Fill(1);
        PoolFixture.Return(blocks);
    }

    [Fact]
    public void Pool_for_registered_memory_only_reports_that_it_gets_none()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false);
        fixture.Memory.Refuses = true;

        var error = Assert.Throws<InvalidOperationException>(() => fixture.Pool.Rent());

        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{PoolFixture.SlabSize} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refused_bulk_buffer_is_logged_once()
    {
        using var fixture = new PoolFixture();
        var buffers = fixture.Pool.CreateBulkBuffers();
        fixture.Memory.Refuses = true;

        Assert.False(buffers.TryTake(out _));
        Assert.False(buffers.TryTake(out _));
        Assert.Equal(0, buffers.Taken);
        Assert.Equal("MemoryRefused", Assert.Single(fixture.Logger.Entries).Id.Name);

        fixture.Memory.Refuses = false;
        Assert.True(buffers.TryTake(out var buffer));
        buffers.Return(buffer);
        buffers.ReleaseSpare();
    }

    [Fact]
    public void All_of_the_systems_memory_goes_back_to_it()
    {
        using var fixture = new PoolFixture();
        var buffers = fixture.Pool.CreateBulkBuffers();
        Assert.True(buffers.TryTake(out var buffer));
        var blocks = fixture.Rent(2 * PoolFixture.SlabBlocks);
        Assert.Equal(3, fixture.Memory.Allocations);

        buffers.Return(buffer);
        buffers.ReleaseSpare();
        PoolFixture.Return(blocks);
        fixture.Pool.Dispose();

        Assert.Equal(0, fixture.Memory.Allocations);
    }
}
