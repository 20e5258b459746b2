using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Polling.Adaptive;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>Under a limit the caches of threads that application code keeps are not what others wait for.</summary>
public sealed class KeptThreadsMemoryTests
{
    private const int SlabSize = 64 * 1024;
    private const int BlocksPerSlab = SlabSize / RegisteredMemoryPool.BlockSize;

    [Fact]
    public async Task Kept_threads_hold_at_most_half_of_a_small_limit()
    {
        const int Slabs = 4;
        const int Blocks = Slabs * BlocksPerSlab;
        const int BlocksPerCache = 4;
        const int Handlers = 24;
        var fixture = new AdaptiveFixture(maxThreads: 64, maxRegisteredMemory: Slabs * SlabSize);
        var gate = new Gate();
        var blocked = 0;
        for (var i = 0; i < Handlers; i++)
        {
            fixture.Dispatch(fixture.Connection($"{i}"), () =>
            {
                // Into the cache of its thread.
                Array.ForEach(Rent(fixture.Pool, BlocksPerCache), static block => block.Dispose());
                Interlocked.Increment(ref blocked);
                gate.Wait();
            });
            fixture.SampleUntil(() => Volatile.Read(ref blocked) == i + 1 && fixture.Runner.Overload.BlockedThreads == i + 1, "the hand-over");
        }

        var rented = Rent(fixture.Pool, Blocks);

        Assert.InRange(rented.Count(static block => block.Id.IsValid), (Blocks / 2) - BlocksPerCache, Blocks);
        Array.ForEach(rented, static block => block.Dispose());
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Inline_work_keeps_no_cache_while_memory_is_short()
    {
        const int BlocksPerCache = 2;
        using var fixture = new PollerFixture(new SimulatedIo(new SimulationOptions { Wait = WaitMode.Block }), maxRegisteredMemory: SlabSize);
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();
        var cached = false;
        fixture.OnPoller(() =>
        {
            Array.ForEach(Rent(fixture.Pool, BlocksPerCache), static block => block.Dispose());
            Volatile.Write(ref cached, true);
        });
        Spin.Until(() => Volatile.Read(ref cached), "blocks in the cache");
        var gate = new Gate();
        var blocks = Rent(fixture.Pool, BlocksPerSlab - BlocksPerCache);
        Assert.All(blocks, static block => Assert.True(block.Id.IsValid));

        var isBlocked = false;
        fixture.OnPoller(() =>
        {
            Volatile.Write(ref isBlocked, true);
            gate.Wait();
        });
        Spin.Until(() => Volatile.Read(ref isBlocked), "the work that blocks");
        var rest = Rent(fixture.Pool, BlocksPerCache);

        Assert.All(rest, static block => Assert.True(block.Id.IsValid));
        Array.ForEach([.. blocks, .. rest], static block => block.Dispose());
        gate.Open();
        Assert.True(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
    }

    private static RegisteredBlock[] Rent(RegisteredMemoryPool pool, int count)
        => [.. Enumerable.Range(0, count).Select(_ => pool.Rent())];
}
