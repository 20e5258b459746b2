using Kestrel.Transport.Rio.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class CacheTests
{
    [Fact]
    public void A_thread_is_attached_once_and_detached_on_itself()
    {
        using var fixture = new PoolFixture();
        using var other = new PoolFixture();
        var attachment = fixture.Pool.AttachToCurrentThread();
        Assert.Throws<InvalidOperationException>(() => fixture.Pool.AttachToCurrentThread());
        Assert.Throws<InvalidOperationException>(() => other.Pool.AttachToCurrentThread());
        var thread = new Thread(() => Assert.Throws<InvalidOperationException>(attachment.Dispose));
        thread.Start();
        thread.Join();

        attachment.Dispose();
        attachment.Dispose();
        other.Pool.AttachToCurrentThread().Dispose();
    }

    [Fact]
    public void An_attached_thread_may_use_another_pool_too()
    {
        using var fixture = new PoolFixture();
        using var other = new PoolFixture();
        using (fixture.Pool.AttachToCurrentThread())
        {
            var block = other.Pool.Rent();
            Assert.Same(other.Pool, block.Pool);
            block.Dispose();
            Assert.Equal(PoolFixture.SlabBlocks, other.Pool.Counts.PooledBlocks);
            using var own = fixture.Pool.Rent();
            Assert.Same(fixture.Pool, own.Pool);
        }
    }

    [Fact]
    public void What_a_full_cache_cannot_hold_is_for_other_threads()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(200);
        using (fixture.Pool.AttachToCurrentThread())
        {
            PoolFixture.Return(blocks);
            Assert.Equal(0, fixture.Pool.Counts.RentedBlocks);

            // All but what the cache holds: 64 at most.
            var slabs = fixture.Pool.Counts.SlabCount;
            OnOtherThread(() => PoolFixture.Return(fixture.Rent(200 - 64)));
            Assert.Equal(slabs, fixture.Pool.Counts.SlabCount);
        }

        var again = fixture.Rent(200);
        Assert.Equal(200, again.Distinct().Count());
        PoolFixture.Return(again);
    }

    [Fact]
    public void A_cache_fills_itself_from_what_other_threads_returned()
    {
        using var fixture = new PoolFixture();
        var blocks = fixture.Rent(4 * PoolFixture.SlabBlocks);
        OnOtherThread(() => PoolFixture.Return(blocks));
        using (fixture.Pool.AttachToCurrentThread())
        {
            var again = fixture.Rent(blocks.Length);
            Assert.Equal(4, fixture.Pool.Counts.SlabCount);
            Assert.Equal(blocks.Length, again.Distinct().Count());
            PoolFixture.Return(again);
        }
    }

    [Fact]
    public void Steady_rent_and_return_allocates_nothing()
    {
        using var fixture = new PoolFixture();
        using var pool = new RegisteredMemoryPool(fixture.Io, PoolFixture.SlabSize, null, null, fixture.Logger);
        Measure(pool);
        using (pool.AttachToCurrentThread())
        {
            Measure(pool);
        }

        static void Measure(RegisteredMemoryPool pool)
        {
            var blocks = new RegisteredBlock[100];
            long allocated = 0;
            for (var round = 0; round < 100; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < blocks.Length; i++)
                {
                    blocks[i] = pool.Rent();
                    pool.TryGetBuffer(blocks[i].Memory[1..], out _);
                }

                foreach (var block in blocks)
                {
                    block.Dispose();
                }

                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            }

            Assert.Equal(0, allocated);
        }
    }

    [Fact]
    public void Waiter_is_notified_when_any_block_is_returned()
    {
        using var fixture = new PoolFixture(limit: 4 * PoolFixture.SlabSize);
        var wanted = 0;
        var returned = 0;
        fixture.Pool.Room.Wanted = () => wanted++;
        fixture.Pool.Room.Returned = () => returned++;
        var blocks = fixture.Rent(4 * PoolFixture.SlabBlocks);
        Assert.False(fixture.Pool.RequestRoom());
        Assert.False(fixture.Pool.RequestRoom());
        Assert.Equal((1, 0), (wanted, returned));

        // Into no cache, as long as somebody else may be the one that waits.
        using (fixture.Pool.AttachToCurrentThread())
        {
            blocks[0].Dispose();
            Assert.Equal((1, 1), (wanted, returned));
            OnOtherThread(() => Assert.True(fixture.Pool.TryRentRegistered(out blocks[0]!)));

            blocks[1].Dispose();
            OnOtherThread(() =>
            {
                Assert.False(fixture.Pool.RequestRoom());
                Assert.False(fixture.Pool.TryRentRegistered(out _));
            });
            Assert.Equal((2, 1), (wanted, returned));

            // As the owner does on RoomWanted.
            fixture.Pool.FlushCurrentThreadCache();
            Assert.Equal((2, 2), (wanted, returned));
            OnOtherThread(() => Assert.True(fixture.Pool.TryRentRegistered(out blocks[1]!)));
        }

        PoolFixture.Return(blocks);
        Assert.Equal((2, 2), (wanted, returned));
        Assert.True(fixture.Pool.RequestRoom());
        Assert.Equal(2, wanted);
    }

    [Fact]
    public void Trim_notifies_waiters_when_the_machine_may_be_asked()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false);
        var returned = 0;
        fixture.Pool.Room.Returned = () => returned++;
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);
        fixture.Io.Answer = System.Net.Sockets.SocketError.NoBufferSpaceAvailable;
        Assert.False(fixture.Pool.TryRentRegistered(out _));
        Assert.False(fixture.Pool.RequestRoom());
        fixture.Pool.Trim();
        Assert.Equal(0, returned);
        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        fixture.Pool.Trim();
        Assert.Equal(1, returned);
        PoolFixture.Return(blocks);
    }

    private static void OnOtherThread(Action action)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(thrown);
    }
}
