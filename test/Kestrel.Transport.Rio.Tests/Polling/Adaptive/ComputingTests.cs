using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>Work that is known to compute: on the thread pool, and no more of it at a time than there are processors.</summary>
public sealed class ComputingTests
{
    private const int Rest = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);


    [Fact]
    public async Task What_has_computed_runs_on_the_pool()
    {
        var activity = new ToldActivity { MayRun = true };
        var fixture = new AdaptiveFixture(activity: activity);
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow, activity);

        Assert.Equal(SlowWork.Computes, slow.SlowWork);
        Assert.True(await fixture.IsOnPoolAsync(slow));
        Assert.Equal((0, 1), (fixture.Poller.Figures.WorkAside, fixture.Poller.Figures.PooledWork));
        await fixture.StopAsync();
    }

    [Theory]

    // Of 100 ms, so many with a processor, and so many in which others had them all.
    [InlineData(100, 0, nameof(SlowWork.Computes))]
    [InlineData(50, 0, nameof(SlowWork.Computes))]
    [InlineData(49, 0, nameof(SlowWork.Waits))]
    [InlineData(10, 80, nameof(SlowWork.Computes))]
    [InlineData(10, 79, nameof(SlowWork.Waits))]
    [InlineData(0, 0, nameof(SlowWork.Waits))]
    public async Task Each_slow_piece_shows_anew_what_a_connection_does(int ran, int lacked, string expected)
    {
        var fixture = new AdaptiveFixture();
        var slow = fixture.Connection();

        slow.OnRanElsewhere(TimeSpan.FromMilliseconds(100), new ThreadTimes(TimeSpan.FromMilliseconds(ran), TimeSpan.FromMilliseconds(lacked)));

        Assert.Equal(Enum.Parse<SlowWork>(expected), slow.SlowWork);
        slow.OnRanElsewhere(TimeSpan.FromMilliseconds(1), default(ThreadTimes));
        Assert.Equal(Enum.Parse<SlowWork>(expected), slow.SlowWork);
        slow.OnRanElsewhere(TimeSpan.FromMilliseconds(100), times: null);
        Assert.Equal(SlowWork.Unknown, slow.SlowWork);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task As_much_as_there_are_processors_runs_and_the_rest_after_it()
    {
        var activity = new ToldActivity { MayRun = true, Pace = TimeSpan.FromMinutes(1) };
        var fixture = new AdaptiveFixture(activity: activity);
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow, activity);
        using var gate = new ManualResetEventSlim();
        var began = 0;
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            fixture.Dispatch(slow, () =>
            {
                Interlocked.Increment(ref began);
                gate.Wait();
            });
        }

        var rest = 0;
        for (var i = 0; i < Rest; i++)
        {
            fixture.Dispatch(slow, () => Interlocked.Increment(ref rest));
        }

        Assert.False(await fixture.IsOnPoolAsync(fixture.Connection("quick")));
        fixture.Look(AdaptiveFixture.Threshold);
        Assert.False(fixture.TryFallAsleep(TimeSpan.FromSeconds(1)));
        Spin.Until(() => Volatile.Read(ref began) == Environment.ProcessorCount, "as much as there are processors");
        Assert.Equal(0, Volatile.Read(ref rest));
        gate.Set();
        Spin.Until(() => Volatile.Read(ref rest) == Rest, "the rest");
        fixture.Look(AdaptiveFixture.Threshold);
        Assert.True(fixture.TryFallAsleep(TimeSpan.FromSeconds(1)));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task What_still_waits_when_the_watch_ends_runs_at_once()
    {
        var activity = new ToldActivity { MayRun = true, Pace = TimeSpan.FromMinutes(1) };
        var fixture = new AdaptiveFixture(activity: activity);
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow, activity);
        using var gate = new ManualResetEventSlim();
        var ended = 0;
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            fixture.Dispatch(slow, gate.Wait);
        }

        fixture.Dispatch(slow, () => Interlocked.Increment(ref ended));
        Assert.False(await fixture.IsOnPoolAsync(fixture.Connection("quick")));

        await fixture.StopAsync();

        Spin.Until(() => Volatile.Read(ref ended) == 1, "what waited");
        gate.Set();
    }

    [Fact]
    public async Task Where_nothing_ends_for_half_a_second_one_more_is_let_go_and_takes_nobodys_place()
    {
        var activity = new ToldActivity { MayRun = true, Pace = TimeSpan.FromMinutes(1) };
        var fixture = new AdaptiveFixture(activity: activity);
        var connection = fixture.Connection();
        var ended = 0;
        var work = new ComputingWork(width: 1);
        using var first = new ManualResetEventSlim();
        using var second = new ManualResetEventSlim();
        var start = Stopwatch.GetTimestamp();
        Assert.False(work.Add(Piece(first)));
        Assert.True(work.Add(Piece(second)));
        Assert.True(work.Add(Piece(second)));

        work.LookAfter(start + Ticks(s_patience / 2));
        Assert.True(work.HasWaiting);
        work.LookAfter(Stopwatch.GetTimestamp() + Ticks(s_patience));
        Assert.True(work.HasWaiting);
        first.Set();
        Spin.Until(() => Volatile.Read(ref ended) == 1, "the end of the first");

        // Two ran where one may: the third begins when the second has ended.
        Assert.True(work.HasWaiting);
        second.Set();
        Spin.Until(() => Volatile.Read(ref ended) == 3, "the end of all");
        Assert.False(work.HasWaiting);
        await fixture.StopAsync();

        TimedWork Piece(ManualResetEventSlim gate)
        {
            Action<object?> action = _ =>
            {
                gate.Wait();
                Interlocked.Increment(ref ended);
            };
            return new TimedWork(new ReadyWork(action, State: null, connection), () => activity.Times);
        }
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
