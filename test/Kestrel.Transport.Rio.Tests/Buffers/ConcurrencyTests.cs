using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class ConcurrencyTests
{
    private const int Rounds = 8_000;

    /// <summary>
    /// A return that sees somebody wait, and a moment later does not, must not take a cache that is nearly empty for a full one.
    /// </summary>
    [Fact]
    public void A_poller_returns_its_blocks_while_others_begin_and_cease_to_wait_for_room()
    {
        const int Free = 4;
        using var fixture = new PoolFixture(limit: PoolFixture.SlabSize);
        var pool = fixture.Pool;
        var held = fixture.Rent(PoolFixture.SlabBlocks - Free);
        var failures = new ConcurrentQueue<Exception>();

        var poller = Start(() =>
        {
            using var attachment = pool.AttachToCurrentThread();
            for (var round = 0; round < 20 * Rounds; round++)
            {
                if (pool.TryRentRegistered(out var first))
                {
                    if (pool.TryRentRegistered(out var second))
                    {
                        second.Dispose();
                    }

                    first.Dispose();
                }
            }
        }, failures);
        var waiters = Enumerable.Range(0, 2).Select(_ => Start(() =>
        {
            for (var round = 0; round < 20 * Rounds; round++)
            {
                pool.RequestRoom();
                if (pool.TryRentRegistered(out var block))
                {
                    block.Dispose();
                }
            }
        }, failures)).ToArray();
        poller.Join();
        Array.ForEach(waiters, waiter => waiter.Join());

        Assert.Empty(failures);
        Assert.Equal(held.Length, pool.Counts.RentedBlocks);
        Assert.Equal(Free, pool.Counts.PooledBlocks);
        PoolFixture.Return(held);
    }

    [Theory]
    [InlineData(0, 4, null)]
    [InlineData(3, 0, null)]
    [InlineData(2, 3, null)]
    [InlineData(2, 3, 4)]
    public void Blocks_cross_threads_and_none_is_lent_twice(int pollers, int others, int? slabLimit)
    {
        var fixture = new PoolFixture(limit: slabLimit * PoolFixture.SlabSize);
        var pool = fixture.Pool;
        var failures = new ConcurrentQueue<Exception>();
        var exchange = new ConcurrentQueue<(RegisteredBlock Block, long Stamp)>();
        using var stop = new CancellationTokenSource();

        var workers = Enumerable.Range(0, pollers + others).Select(i => Start(() =>
        {
            using var attachment = i < pollers ? pool.AttachToCurrentThread() : null;
            var random = new Random(i);
            for (var round = 0; round < Rounds; round++)
            {
                // Bursts, so that caches run full and empty.
                if ((random.Next() & 1) == 0)
                {
                    for (var n = random.Next(1, 100); n > 0; n--)
                    {
                        Lend(pool, exchange, random.NextInt64());
                    }
                }
                else
                {
                    for (var n = random.Next(1, 100); n > 0 && exchange.TryDequeue(out var lent); n--)
                    {
                        TakeBack(lent.Block, lent.Stamp);
                    }
                }

                if (exchange.Count > 2000)
                {
                    while (exchange.TryDequeue(out var lent))
                    {
                        TakeBack(lent.Block, lent.Stamp);
                    }
                }
            }
        }, failures)).ToArray();
        var trimmer = Start(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                pool.Trim();
                Assert.InRange(pool.Counts.RentedBlocks, 0, 1_000_000);
                Thread.Yield();
            }
        }, failures);

        foreach (var worker in workers)
        {
            worker.Join();
        }

        stop.Cancel();
        trimmer.Join();
        Assert.Empty(failures);
        Assert.Equal(exchange.Count, pool.Counts.RentedBlocks);
        Assert.Equal(exchange.Count, fixture.Ledger.Out);
        while (exchange.TryDequeue(out var lent))
        {
            TakeBack(lent.Block, lent.Stamp);
        }

        Assert.Equal(0, pool.Counts.RentedBlocks);
        Assert.Equal(pool.Counts.SlabCount * PoolFixture.SlabBlocks, pool.Counts.PooledBlocks);
        var all = fixture.Rent((int)pool.Counts.PooledBlocks);
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(0, pool.Counts.PooledBlocks);
        PoolFixture.Return(all);
        Assert.Equal(0, fixture.Ledger.Breaches);
        fixture.Dispose();
        Assert.Empty(fixture.Io.Registered);
        Assert.Empty(fixture.Logger.Entries);
    }

    [Fact]
    public void Disposal_under_fire_loses_no_block_and_frees_none_that_is_out()
    {
        for (var round = 0; round < 50; round++)
        {
            var fixture = new PoolFixture();
            var pool = fixture.Pool;
            using var started = new CountdownEvent(3);
            var threads = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
            {
                started.Signal();
                try
                {
                    while (true)
                    {
                        pool.Rent().Dispose();
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The end that the test is about.
                }
            })).ToArray();
            Array.ForEach(threads, thread => thread.Start());
            started.Wait(TestContext.Current.CancellationToken);
            pool.Dispose();
            Array.ForEach(threads, thread => thread.Join());

            Assert.Equal(0, pool.Counts.RentedBlocks);
            Assert.Equal(0, fixture.Ledger.Out);
            Assert.Equal(0, fixture.Ledger.Breaches);
            Assert.Equal(fixture.Io.Registered.Count, pool.Counts.SlabCount);
        }
    }

    [Fact]
    public void Nobody_waits_for_ever_at_the_limit()
    {
        // Two pollers share one slab and want nearly all of it in turn; what one caches is what the other waits for.
        var fixture = new PoolFixture(limit: PoolFixture.SlabSize);
        var pool = fixture.Pool;
        const int Pollers = 2;
        var mailboxes = Enumerable.Range(0, Pollers).Select(_ => new SemaphoreSlim(0)).ToArray();
        pool.Room.Wanted = WakeAll;
        pool.Room.Returned = WakeAll;
        var running = Pollers;
        var threads = Enumerable.Range(0, Pollers).Select(id => new Thread(() =>
        {
            using var attachment = pool.AttachToCurrentThread();
            var held = new List<RegisteredBlock>();
            for (var turn = 0; turn < 2000; turn++)
            {
                while (held.Count < PoolFixture.SlabBlocks / Pollers)
                {
                    if (pool.TryRentRegistered(out var block))
                    {
                        held.Add(block);
                    }
                    else if (!pool.RequestRoom())
                    {
                        mailboxes[id].Wait();
                        pool.FlushCurrentThreadCache();
                    }
                }

                held.ForEach(block => block.Dispose());
                held.Clear();
                while (mailboxes[id].Wait(0))
                {
                    pool.FlushCurrentThreadCache();
                }
            }

            Interlocked.Decrement(ref running);
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "a poller waits for ever"));
        fixture.Dispose();
        Assert.Empty(fixture.Logger.Entries);

        void WakeAll()
        {
            foreach (var mailbox in mailboxes)
            {
                mailbox.Release();
            }
        }
    }

    private static void Lend(RegisteredMemoryPool pool, ConcurrentQueue<(RegisteredBlock Block, long Stamp)> exchange, long stamp)
    {
        var block = pool.Rent();
        MemoryMarshal.Write(block.Memory.Span, stamp);
        MemoryMarshal.Write(block.Memory.Span[^8..], stamp);
        exchange.Enqueue((block, stamp));
    }

    private static void TakeBack(RegisteredBlock block, long stamp)
    {
        Assert.Equal(stamp, MemoryMarshal.Read<long>(block.Memory.Span));
        Assert.Equal(stamp, MemoryMarshal.Read<long>(block.Memory.Span[^8..]));
        block.Dispose();
    }

    private static Thread Start(Action body, ConcurrentQueue<Exception> failures)
    {
        var thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception exception)
            {
                failures.Enqueue(exception);
            }
        });
        thread.Start();
        return thread;
    }
}
