using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>When the watch looks, and what excuses a leader that it sees.</summary>
public sealed class WatchTests
{
    private static readonly TimeSpan s_calm = TimeSpan.FromMilliseconds(30);

    [Fact]
    public async Task A_pause_of_the_whole_process_is_no_reason_to_replace_anybody()
    {
        var fixture = new AdaptiveFixture();
        var gate = BeginCall(fixture);
        fixture.Sample(TimeSpan.Zero);

        // The watch itself comes a minute late: a debugger has stopped everything.
        fixture.Sample(TimeSpan.FromMinutes(1));
        Assert.Equal(0, fixture.Poller.Figures.HandOvers);

        fixture.SampleUntil(() => fixture.Poller.Figures.HandOvers == 1, "the hand-over of a leader that is still stuck");
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task A_collection_between_two_looks_is_an_excuse_three_times()
    {
        var fixture = new AdaptiveFixture();
        var gate = new Gate();
        fixture.Dispatch(fixture.Connection(), gate.Wait);
        Spin.Until(() => LeaderRole.IsMark(fixture.Runner.Role.Word), "the call");
        fixture.Sample(TimeSpan.Zero);
        for (var excuses = 1; excuses <= 3; excuses++)
        {
            fixture.Pauses += TimeSpan.FromMilliseconds(1);
            fixture.Sample(AdaptiveFixture.Threshold);
        }

        Assert.Equal(0, fixture.Poller.Figures.HandOvers);
        fixture.Pauses += TimeSpan.FromMilliseconds(1);
        fixture.Sample(AdaptiveFixture.Threshold);

        Assert.Equal(1, fixture.Poller.Figures.HandOvers);
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task A_look_is_not_late_because_the_threshold_is_long()
    {
        var fixture = new AdaptiveFixture(threshold: TimeSpan.FromSeconds(1));
        var gate = BeginCall(fixture);

        fixture.Sample(TimeSpan.Zero);
        fixture.Sample(TimeSpan.FromMilliseconds(500));
        fixture.Sample(TimeSpan.FromMilliseconds(501));

        Assert.Equal(1, fixture.Poller.Figures.HandOvers);
        gate.Open();
        await fixture.StopAsync();
    }

    [Fact]
    public void Watch_that_fails_is_reported_and_looks_again()
    {
        var looks = 0;
        var logger = new ListLogger();
        using var watch = new StallMonitor(
            new PollerThreadPool(mayEndThreads: true), AdaptiveFixture.Threshold, logger, new EventAlarm(), processors: 1, ReadPauses);

        watch.Start();
        Spin.Until(() => Volatile.Read(ref looks) > 1, "the next look");

        Assert.Equal("WatchFailed", Assert.Single(logger.Entries).Id.Name);

        TimeSpan ReadPauses() => Interlocked.Increment(ref looks) == 1 ? throw new InvalidOperationException("a fault of ours") : TimeSpan.Zero;
    }

    [Fact]
    public async Task The_watch_looks_less_often_while_nobody_is_slow()
    {
        var fixture = new AdaptiveFixture();
        fixture.Sample(AdaptiveFixture.Threshold);
        fixture.Sample(AdaptiveFixture.Threshold);
        Assert.Equal(s_calm, fixture.Watch.TimeToNextSample);

        for (var i = 0; i < 2; i++)
        {
            HandOver(fixture);
            fixture.Sample(TimeSpan.FromMilliseconds(256));
            Assert.Equal(TimeSpan.FromMilliseconds(2), fixture.Watch.TimeToNextSample);
            fixture.Sample(TimeSpan.FromSeconds(10));
            Assert.Equal(s_calm, fixture.Watch.TimeToNextSample);
        }

        await fixture.StopAsync();
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(1, 128, 1)]
    [InlineData(1, 640, 5)]
    [InlineData(1, 3_840, 30)]
    [InlineData(1, 3_968, 30)]
    [InlineData(20, 1_024, 10)]
    [InlineData(20, 2_560, 20)]
    [InlineData(1_000, 10_000, 500)]
    public async Task It_looks_128_times_in_as_long_as_a_hand_over_is_ago(int threshold, int since, int expected)
    {
        var fixture = new AdaptiveFixture(threshold: TimeSpan.FromMilliseconds(threshold));
        HandOver(fixture);

        fixture.Sample(TimeSpan.FromMilliseconds(since));

        Assert.Equal(TimeSpan.FromMilliseconds(expected), fixture.Watch.TimeToNextSample);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task The_watch_looks_again_soon_at_a_call_that_goes_on()
    {
        // Runnable without a processor: it is not replaced.
        var fixture = new AdaptiveFixture(activity: new ToldActivity { MayRun = true });
        var gate = new Gate();
        var calls = fixture.Runner.Role.Calls;
        fixture.Dispatch(fixture.Connection(), gate.Wait);
        Spin.Until(() => fixture.Runner.Role.Calls > calls, "the call");
        fixture.Sample(TimeSpan.Zero);
        fixture.Sample(AdaptiveFixture.Threshold);

        Assert.Equal(AdaptiveFixture.Threshold, fixture.Watch.TimeToNextSample);
        Assert.Equal(0, fixture.Poller.Figures.HandOvers);
        gate.Open();
        await fixture.StopAsync();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 5)]
    public async Task Call_that_is_old_at_its_first_sample_is_sampled_soon(int threshold, int soon)
    {
        var fixture = new AdaptiveFixture(threshold: TimeSpan.FromMilliseconds(threshold));
        await SeeCallAsync(fixture, TimeSpan.FromMilliseconds(0.49 * threshold));
        Assert.Equal(s_calm, fixture.Watch.TimeToNextSample);

        await SeeCallAsync(fixture, TimeSpan.FromMilliseconds(0.5 * threshold));
        Assert.Equal(TimeSpan.FromMilliseconds(soon), fixture.Watch.TimeToNextSample);
        Assert.Equal(0, fixture.Poller.Figures.HandOvers);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task A_long_threshold_is_looked_at_as_often_as_ever()
    {
        var fixture = new AdaptiveFixture(threshold: TimeSpan.FromSeconds(1));
        fixture.Sample(AdaptiveFixture.Threshold);
        Assert.Equal(TimeSpan.FromSeconds(0.5), fixture.Watch.TimeToNextSample);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task The_watch_sleeps_when_nothing_is_called_and_not_while_something_is()
    {
        var fixture = new AdaptiveFixture();
        var gate = new Gate();
        var longAfter = TimeSpan.FromSeconds(10);
        fixture.Sample(TimeSpan.Zero);
        Assert.True(fixture.TryFallAsleep(longAfter));

        // Which rouses it again.
        fixture.Dispatch(fixture.Connection(), gate.Wait);
        Spin.Until(() => LeaderRole.IsMark(fixture.Runner.Role.Word), "the call");
        Assert.False(fixture.TryFallAsleep(longAfter));
        gate.Open();
        await fixture.StopAsync();
    }

    /// <summary>As one that was replaced after its mark and before its call, and gets a processor again after the stop.</summary>
    [Fact]
    public async Task A_leader_that_comes_late_rouses_nobody_and_goes_on()
    {
        var fixture = new AdaptiveFixture();
        Assert.True(fixture.TryFallAsleep(TimeSpan.FromMinutes(1)));
        await fixture.StopAsync();

        fixture.Watch.OnCall();
    }

    /// <summary>A call that goes on until the gate opens, and has begun to.</summary>
    private static Gate BeginCall(AdaptiveFixture fixture)
    {
        var gate = new Gate();
        var began = false;
        fixture.Dispatch(fixture.Connection(), () =>
        {
            Volatile.Write(ref began, true);
            gate.Wait();
        });
        Spin.Until(() => Volatile.Read(ref began), "the work");
        return gate;
    }

    /// <summary>A call is handed over at the last look, and ends.</summary>
    private static void HandOver(AdaptiveFixture fixture)
    {
        var handOvers = fixture.Poller.Figures.HandOvers;
        var gate = BeginCall(fixture);
        fixture.SampleUntil(() => fixture.Poller.Figures.HandOvers > handOvers, "the hand-over");
        gate.Open();
        Spin.Until(() => fixture.Runner.Overload.BlockedThreads == 0, "the thread's return");
        fixture.StandBy(1);
    }

    /// <summary>The watch looks for the first time at a call when it has lasted so long.</summary>
    private static async Task SeeCallAsync(AdaptiveFixture fixture, TimeSpan after)
    {
        var gate = new Gate();
        var returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = fixture.Runner.Role.Calls;
        fixture.Dispatch(fixture.Connection(), gate.Wait);
        Spin.Until(() => fixture.Runner.Role.Calls > calls, "the call");
        fixture.Now = fixture.Runner.CallsBegan;
        fixture.Sample(after);
        gate.Open();
        fixture.Poller.Post(new PollerAction(returned.SetResult));
        await returned.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
    }
}
