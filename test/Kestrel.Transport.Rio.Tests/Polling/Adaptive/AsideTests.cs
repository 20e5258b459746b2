using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>Work that is known to wait, which takes no thread of the pool's.</summary>
public sealed class AsideTests
{
    [Fact]
    public async Task What_has_waited_runs_beside_the_poller_and_not_on_the_pool()
    {
        var fixture = new AdaptiveFixture(activity: new ToldActivity());
        var gate = new Gate();
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow);

        var began = 0;
        fixture.Dispatch(slow, () =>
        {
            Interlocked.Increment(ref began);
            gate.Wait();
        });
        Spin.Until(() => Volatile.Read(ref began) == 1, "the work");

        // Without a look of the watch: nobody was replaced.
        Assert.False(await fixture.IsOnPoolAsync(fixture.Connection("quick")));
        Assert.Equal((1, 1, 0), (fixture.Poller.Figures.HandOvers, fixture.Poller.Figures.WorkAside, fixture.Poller.Figures.PooledWork));
        Assert.Equal(1, fixture.Runner.Overload.AsideThreads);
        gate.Open();
        Spin.Until(() => fixture.Runner.Overload.AsideThreads == 0, "the thread's return");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task What_has_waited_and_then_computes_is_the_pools_next_time()
    {
        // Whatever the work takes is long.
        var activity = new ToldActivity();
        var fixture = new AdaptiveFixture(threshold: TimeSpan.FromTicks(1), activity: activity);
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow);
        Assert.Equal(SlowWork.Waits, slow.SlowWork);
        fixture.Dispatch(slow, () => activity.Run(TimeSpan.FromMinutes(1)));
        Spin.Until(() => slow.SlowWork == SlowWork.Computes, "the end of the work");

        Assert.True(await fixture.IsOnPoolAsync(slow));
        Assert.Equal(1, fixture.Poller.Figures.WorkAside);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Past_three_quarters_of_the_threads_the_rest_is_the_pools()
    {
        const int Most = 4;
        var fixture = new AdaptiveFixture(maxThreads: 8, activity: new ToldActivity());
        var gate = new Gate();
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow);
        fixture.StandBy(Most);
        for (var i = 0; i < Most; i++)
        {
            fixture.Dispatch(slow, gate.Wait);
        }

        Assert.True(await fixture.IsOnPoolAsync(slow));
        Assert.Equal((Most, Most), (fixture.Poller.Figures.WorkAside, fixture.Runner.Overload.AsideThreads));
        gate.Open();
        Spin.Until(() => fixture.Runner.Overload.AsideThreads == 0, "the return of the threads");
        Assert.False(await fixture.IsOnPoolAsync(slow));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Waiting_work_goes_to_the_pool_without_a_spare_thread()
    {
        var fixture = new AdaptiveFixture(activity: new ToldActivity());
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow);
        var spare = new List<PooledPollerThread>();
        while (fixture.Crew.TryTakeSpare() is { } thread)
        {
            spare.Add(thread);
        }

        var threads = fixture.Crew.Threads;
        Assert.True(await fixture.IsOnPoolAsync(slow));
        Assert.Equal(0, fixture.Runner.Overload.AsideThreads);

        fixture.Watch.Start();
        Spin.Until(() => fixture.Crew.Threads == threads + 1, "another thread");
        spare.ForEach(thread => fixture.Crew.TakeBack(thread));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Its_exception_is_the_thread_pools_and_its_thread_goes_on()
    {
        var fixture = new AdaptiveFixture(activity: new ToldActivity());
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow);
        var error = new InvalidOperationException("the application's");
        var unhandled = UnhandledExceptions.Announce(error);

        fixture.Dispatch(slow, () => throw error);

        await unhandled;
        Spin.Until(() => fixture.Runner.Overload.AsideThreads == 0, "the thread's return");
        var threads = fixture.Crew.Threads;
        Assert.False(await fixture.IsOnPoolAsync(slow));
        Spin.Until(() => fixture.Poller.Figures.WorkAside == 2, "its count");
        Assert.Equal(threads, fixture.Crew.Threads);
        await fixture.StopAsync();
    }
}
