using System.Collections.Concurrent;
using System.Diagnostics;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

public sealed class HandOverTests
{
    [Fact]
    public async Task The_rest_of_the_ready_work_goes_over_with_the_role()
    {
        var fixture = new AdaptiveFixture();
        var gate = new Gate();
        var ran = 0;
        var connection = fixture.Connection();
        fixture.Poller.Post(new PollerAction(() =>
        {
            connection.Schedule(_ => gate.Wait(), state: null);
            fixture.Connection("b").Schedule(_ => Interlocked.Increment(ref ran), state: null);
            fixture.Connection("c").Schedule(_ => Interlocked.Increment(ref ran), state: null);
        }));

        fixture.SampleUntil(() => Volatile.Read(ref ran) == 2, "the work behind the one that blocks");

        // Looks are so fast here that the others may have been handed over too, for a moment.
        Spin.Until(() => fixture.Runner.Overload.BlockedThreads == 1, "the return of all but the one that blocks");
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Answers_before_a_blocking_item_leave_before_the_next_one()
    {
        var fixture = new AdaptiveFixture();
        var (first, second) = (new Gate(), new Gate());
        var (isFirstCalled, isSecondCalled) = (false, false);
        var answered = new RecordingRequestQueue(fixture.Completions);
        fixture.Poller.Post(new PollerAction(() =>
        {
            fixture.Connection("quick").Schedule(
                _ => fixture.Poller.Post(new PollerAction(answered.Defer)), state: null);
            fixture.Connection("b").Schedule(
                _ =>
                {
                    Volatile.Write(ref isFirstCalled, true);
                    first.Wait();
                },
                state: null);
            fixture.Connection("c").Schedule(
                _ =>
                {
                    Volatile.Write(ref isSecondCalled, true);
                    second.Wait();
                },
                state: null);
        }));
        Spin.Until(() => Volatile.Read(ref isFirstCalled), "the call of the first that blocks");
        fixture.SampleUntil(() => fixture.Poller.Figures.HandOvers == 1, "the hand-over");

        // Nobody looks any more: the second leader stays with the second that blocks.
        Spin.Until(() => Volatile.Read(ref isSecondCalled), "the call of the second that blocks");
        Assert.Equal(1, answered.Commits);

        first.Open();
        second.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Work_that_application_code_posts_runs_in_the_same_pass()
    {
        var fixture = new AdaptiveFixture();
        var passes = new ConcurrentQueue<long>();
        var connection = fixture.Connection();
        fixture.Dispatch(connection, () =>
        {
            passes.Enqueue(fixture.Poller.Figures.Passes);
            fixture.Dispatch(connection, () => passes.Enqueue(fixture.Poller.Figures.Passes));
        });

        Spin.Until(() => passes.Count == 2, "the work");
        Assert.Single(passes.Distinct());
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Application_code_that_ends_before_the_threshold_costs_no_hand_over()
    {
        var fixture = new AdaptiveFixture();
        var began = 0;
        using var gate = new SemaphoreSlim(0);
        for (var i = 1; i <= 20; i++)
        {
            var count = i;
            fixture.Dispatch(fixture.Connection(), () =>
            {
                Interlocked.Increment(ref began);
                gate.Wait();
            });
            Spin.Until(() => Volatile.Read(ref began) == count, "the work");

            // Twice, and a call is seen for less than the threshold each time.
            fixture.Sample(AdaptiveFixture.Threshold / 2);
            fixture.Sample(AdaptiveFixture.Threshold / 2);
            gate.Release();
            Spin.Until(() => !LeaderRole.IsMark(fixture.Runner.Role.Word), "the leader's return");
        }

        Assert.Equal(0, fixture.Poller.Figures.HandOvers);
        Assert.Equal(20, fixture.Runner.Role.Calls);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Leader_without_a_processor_is_not_replaced()
    {
        var activity = new ToldActivity { MayRun = true };
        var fixture = new AdaptiveFixture(activity: activity);
        var gate = new Gate();
        fixture.Dispatch(fixture.Connection(), gate.Wait);
        Spin.Until(() => LeaderRole.IsMark(fixture.Runner.Role.Word), "the call");
        for (var i = 0; i < 100; i++)
        {
            fixture.Sample(AdaptiveFixture.Threshold);
            activity.Run(AdaptiveFixture.Threshold / 1000);
        }

        Assert.Equal(0, fixture.Poller.Figures.HandOvers);
        activity.Run(AdaptiveFixture.Threshold);
        fixture.Sample(AdaptiveFixture.Threshold);

        Assert.Equal(1, fixture.Poller.Figures.HandOvers);
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task A_leader_that_waits_is_replaced_after_the_threshold()
    {
        var fixture = new AdaptiveFixture(activity: new ToldActivity { MayRun = false });
        var gate = new Gate();
        fixture.Dispatch(fixture.Connection(), gate.Wait);
        Spin.Until(() => LeaderRole.IsMark(fixture.Runner.Role.Word), "the call");
        fixture.Sample(TimeSpan.Zero);
        fixture.Sample(AdaptiveFixture.Threshold);

        Assert.Equal(1, fixture.Poller.Figures.HandOvers);
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Hand_over_is_logged_at_debug_with_its_connection()
    {
        var fixture = new AdaptiveFixture();
        var gate = new Gate();
        fixture.Dispatch(fixture.Connection("0HN1"), gate.Wait);
        fixture.SampleUntil(() => fixture.Poller.Figures.HandOvers == 1, "the hand-over");

        var entry = Assert.Single(fixture.Logger.Entries, entry => entry.Text.Contains("taken over", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Debug, entry.Level);
        Assert.Contains("\"0HN1\"", entry.Text, StringComparison.Ordinal);
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Overload_warns_once_a_minute()
    {
        var fixture = new AdaptiveFixture(maxThreads: 2);
        List<LogLevel> levels = [];
        foreach (var before in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(20) })
        {
            var gate = new Gate();
            fixture.Sample(before);
            fixture.Dispatch(fixture.Connection(), gate.Wait);

            // Each look takes some of the minute.
            Spin.Until(() => LeaderRole.IsMark(fixture.Runner.Role.Word), "the call");
            fixture.SampleUntil(() => fixture.Runner.Overload.IsActive, "the fall back to the pool");
            levels.Add(fixture.Logger.Entries.Last(entry => entry.Text.Contains("so often", StringComparison.Ordinal)).Level);
            gate.Open();
            Spin.Until(() => fixture.Runner.Overload.BlockedThreads == 0, "the thread's return");

            // Sooner than by itself, and while nothing else is inside.
            fixture.Runner.Overload.End(Environment.TickCount64);
        }

        Assert.Equal([LogLevel.Warning, LogLevel.Debug, LogLevel.Warning], levels);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Short_threads_leave_quick_connections_on_the_poller()
    {
        var fixture = new AdaptiveFixture(maxThreads: 8);
        var gate = new Gate();
        var quick = fixture.Connection("quick");
        for (var i = 0; i < 20; i++)
        {
            Assert.False(await fixture.IsOnPoolAsync(quick));
        }

        for (var i = 0; i < 6; i++)
        {
            fixture.Dispatch(fixture.Connection("slow"), gate.Wait);
        }

        fixture.SampleUntil(() => fixture.Runner.Overload.IsActive, "the fall back to the pool");
        Assert.False(await fixture.IsOnPoolAsync(quick));

        // One whose thread the system has kept waiting for 20 thresholds has not been quick, and begins anew.
        var deadline = new Deadline();
        int pieces;
        do
        {
            Assert.False(deadline.IsOver, "No connection has proved itself.");
            var another = fixture.Connection("another");
            for (pieces = 0; pieces < 100 && await fixture.IsOnPoolAsync(another);)
            {
                pieces++;
            }
        }
        while (pieces == 100);

        Assert.InRange(pieces, 10, 99);
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task A_replaced_thread_reaches_the_poller_by_the_mailbox_alone()
    {
        var fixture = new AdaptiveFixture();
        var gate = new Gate();
        var wasInside = new bool?[2];
        var posted = new CountingItem();
        fixture.Dispatch(fixture.Connection(), () =>
        {
            wasInside[0] = fixture.Poller.IsOnOwnThread;
            gate.Wait();
            wasInside[1] = fixture.Poller.IsOnOwnThread;
            fixture.Poller.Post(posted);
        });
        fixture.SampleUntil(() => fixture.Poller.Figures.HandOvers == 1, "the hand-over");

        gate.Open();
        Spin.Until(() => posted.Executions == 1, "what the replaced thread has posted");

        Assert.Equal([false, false], wasInside);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Connection_that_stalled_the_poller_runs_on_the_pool()
    {
        var fixture = new AdaptiveFixture();
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow);

        Assert.True(await fixture.IsOnPoolAsync(slow));
        Assert.False(await fixture.IsOnPoolAsync(fixture.Connection("quick")));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task The_last_thread_calls_nothing_and_the_poller_comes_back_from_the_pool()
    {
        const int Threads = 3;
        var fixture = new AdaptiveFixture(Threads);
        var gate = new Gate();
        for (var i = 0; i < Threads - 1; i++)
        {
            fixture.Dispatch(fixture.Connection(), gate.Wait);
        }

        fixture.SampleUntil(() => fixture.Runner.Overload.IsActive, "the fall back to the pool");
        Assert.True(await fixture.IsOnPoolAsync(fixture.Connection("another")));
        Assert.Equal(Threads - 1, fixture.Runner.Overload.BlockedThreads);
        Assert.Single(fixture.Logger.Entries, entry => entry.Level == LogLevel.Warning);

        gate.Open();
        fixture.SampleUntil(
            () =>
            {
                fixture.Poller.Runner.RunUpkeep();
                return !fixture.Runner.Overload.IsActive;
            },
            "the way back");
        Assert.False(await fixture.IsOnPoolAsync(fixture.Connection("another")));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task A_connection_that_was_a_little_late_once_stays_on_the_poller()
    {
        var fixture = new AdaptiveFixture();
        var gate = new Gate();
        var connection = fixture.Connection();
        fixture.Dispatch(connection, gate.Wait);
        Spin.Until(() => LeaderRole.IsMark(fixture.Runner.Role.Word), "the call");
        fixture.SampleUntil(() => fixture.Poller.Figures.HandOvers == 1, "the hand-over");
        gate.Open();
        Spin.Until(() => fixture.Runner.Overload.BlockedThreads == 0, "the thread's return");

        Assert.False(await fixture.IsOnPoolAsync(connection));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Slow_connection_stays_on_the_pool_after_an_overload()
    {
        var fixture = new AdaptiveFixture(maxThreads: 2);
        var gate = new Gate();
        var secondGate = new Gate();
        var slow = fixture.Connection("slow");
        fixture.Dispatch(fixture.Connection(), gate.Wait);
        fixture.SampleUntil(() => fixture.Runner.Overload.IsActive, "the fall back to the pool");
        fixture.Dispatch(slow, secondGate.Wait);
        Assert.True(await fixture.IsOnPoolAsync(fixture.Connection("quick")));
        var start = Stopwatch.GetTimestamp();
        Spin.Until(() => Stopwatch.GetElapsedTime(start) > 60 * AdaptiveFixture.Threshold, "a time that is not forgiven");
        secondGate.Open();
        gate.Open();
        fixture.SampleUntil(
            () =>
            {
                // As if it had been slow just now: the poller's stay is as long as the connection's.
                slow.OnRanElsewhere(60 * AdaptiveFixture.Threshold, times: null);
                fixture.Poller.Runner.RunUpkeep();
                return !fixture.Runner.Overload.IsActive;
            },
            "the way back");

        Assert.True(await fixture.IsOnPoolAsync(slow));
        Assert.False(await fixture.IsOnPoolAsync(fixture.Connection("quick")));
        Assert.Equal(1, fixture.Poller.Figures.HandOvers);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Failure_around_a_call_leaves_the_leader_inside()
    {
        var error = new InvalidOperationException("a fault of ours");
        var fixture = new AdaptiveFixture(alarm: new FailingAlarm(error));
        Assert.True(fixture.TryFallAsleep(TimeSpan.FromMinutes(1)));

        // It rouses the watch.
        fixture.Dispatch(fixture.Connection(), static () => { });
        Spin.Until(() => fixture.Poller.IsDead, "the death of the poller");
        var isOnOwnThread = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Poller.Post(new PollerAction(() => isOnOwnThread.SetResult(fixture.Poller.IsOnOwnThread)));

        Assert.True(await isOnOwnThread.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.Same(error, fixture.Poller.CauseOfDeath);
        Assert.False(LeaderRole.IsMark(fixture.Runner.Role.Word));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Work_that_fails_ends_neither_its_thread_nor_the_poller()
    {
        var fixture = new AdaptiveFixture();
        var error = new InvalidOperationException("the application's");
        var unhandled = UnhandledExceptions.Announce(error);
        fixture.Dispatch(fixture.Connection(), () => throw error);
        await unhandled;

        Assert.False(await fixture.IsOnPoolAsync(fixture.Connection()));
        await fixture.StopAsync();
    }
}
