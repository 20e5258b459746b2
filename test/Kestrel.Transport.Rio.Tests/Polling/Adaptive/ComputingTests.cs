using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>Work that is known to compute: on the thread pool, and no more of it at a time than there are processors.</summary>
public sealed class ComputingTests
{
    private const int Pieces = 6;
    private const int LooksOfStall = 5;
    private const int QuickPieces = 16;

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);

    private int _began;
    private int _ended;
    private int _runs;
    private int _mostRuns;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task As_much_as_there_are_processors_runs_and_the_rest_after_it(int processors)
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: processors);
        var gate = new Gate();
        for (var i = 0; i < Pieces; i++)
        {
            Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        }

        Spin.Until(() => fixture.Watch.WaitingWork == Pieces - processors && Volatile.Read(ref _began) == processors, "what has places");
        gate.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == Pieces, "all of it");

        Assert.Equal((0, processors), (fixture.Watch.WaitingWork, _mostRuns));
        Assert.Equal((0, Pieces), (fixture.Poller.Figures.WorkAside, fixture.Poller.Figures.PooledWork));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task The_next_piece_of_a_connection_does_not_wait_for_the_one_before()
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: 1);
        var gate = new Gate();
        var connection = fixture.ComputingConnection();
        Dispatch(fixture, connection, gate.Wait);
        Dispatch(fixture, fixture.ComputingConnection(), static () => { });
        Spin.Until(() => fixture.Watch.WaitingWork == 1, "the piece without a place");

        // What a handler waits for that reads its body.
        Dispatch(fixture, connection, gate.Open);

        Spin.Until(() => Volatile.Read(ref _ended) == 3, "all of it");
        Dispatch(fixture, connection, static () => { });
        Spin.Until(() => Volatile.Read(ref _ended) == 4, "a piece of who has left the lane");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Quick_pieces_of_a_connection_that_has_been_slow_do_not_wait()
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: 1);
        var gate = new Gate();
        Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        var quick = fixture.ComputingConnection();
        for (var i = 0; i < QuickPieces; i++)
        {
            quick.OnRanElsewhere(TimeSpan.Zero, times: null);
        }

        Assert.Equal(SlowWork.Computes, quick.SlowWork);
        Assert.True(await fixture.IsOnPoolAsync(quick));
        Assert.Equal(0, fixture.Watch.WaitingWork);
        gate.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == 1, "the end of the slow one");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task While_something_waits_for_a_place_the_watch_looks_often()
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: 1);
        var gate = new Gate();
        Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        Spin.Until(() => Volatile.Read(ref _began) == 1, "the piece that computes");
        fixture.Sample(AdaptiveFixture.Threshold);
        Assert.True(fixture.Watch.TimeToNextSample > AdaptiveFixture.Threshold);

        Dispatch(fixture, fixture.ComputingConnection(), static () => { });
        Spin.Until(() => fixture.Watch.WaitingWork == 1, "the piece without a place");
        fixture.Sample(AdaptiveFixture.Threshold);
        Assert.Equal(AdaptiveFixture.Threshold, fixture.Watch.TimeToNextSample);

        gate.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == 2, "all of it");
        fixture.Sample(AdaptiveFixture.Threshold);
        Assert.True(fixture.Watch.TimeToNextSample > AdaptiveFixture.Threshold);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task What_is_seen_to_wait_has_its_place_no_longer()
    {
        var fixture = new AdaptiveFixture(activity: new ToldActivity(), processors: 1);
        var gate = new Gate();
        Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        Spin.Until(() => Volatile.Read(ref _began) == 1, "the piece that waits");
        Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        Dispatch(fixture, fixture.ComputingConnection(), static () => { });
        Spin.Until(() => fixture.Watch.WaitingWork == 2, "those without a place");

        for (var i = 1; i < LooksOfStall; i++)
        {
            fixture.Sample(AdaptiveFixture.Threshold);
        }

        Assert.Equal((1, 2), (Volatile.Read(ref _began), fixture.Watch.WaitingWork));
        fixture.Sample(AdaptiveFixture.Threshold);
        Assert.Equal(1, fixture.Watch.WaitingWork);
        Spin.Until(() => Volatile.Read(ref _began) == 2, "the next");

        // Who had a place once has none to leave to others.
        gate.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == 3, "all of it");
        Assert.Equal((0, 2), (fixture.Watch.WaitingWork, _mostRuns));
        await fixture.StopAsync();
    }

    [Theory]
    [InlineData(8, false)]

    // No thread is left for it but the pool's.
    [InlineData(2, true)]
    public async Task Work_behind_endless_work_starts_after_100_ms_each(int maxThreads, bool isOnPool)
    {
        var fixture = new AdaptiveFixture(maxThreads, activity: Computing(), processors: 1);
        var gate = new Gate();
        var ranOnPool = new List<bool>();
        Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        for (var i = 0; i < 3; i++)
        {
            Dispatch(fixture, fixture.ComputingConnection(), () => ranOnPool.Add(Thread.CurrentThread.IsThreadPoolThread));
        }

        Spin.Until(() => fixture.Watch.WaitingWork == 3, "those without a place");
        fixture.Sample(s_moment);
        for (var left = 3; left > 0; left--)
        {
            fixture.Sample(s_longestWait - s_moment);
            Assert.Equal(left, fixture.Watch.WaitingWork);
            fixture.Sample(s_moment);
            Assert.Equal(left - 1, fixture.Watch.WaitingWork);
            Spin.Until(() => Volatile.Read(ref _ended) == 4 - left, "the end of the oldest");
        }

        Assert.All(ranOnPool, onPool => Assert.Equal(isOnPool, onPool));
        gate.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == 4, "all of it");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Work_waits_100_ms_from_the_last_start_and_not_less()
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: 1);
        var gates = new[] { new Gate(), new Gate(), new Gate() };
        foreach (var gate in gates)
        {
            Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        }

        Spin.Until(() => fixture.Watch.WaitingWork == 2, "those without a place");
        fixture.Sample(s_moment);
        fixture.Sample(s_longestWait - s_moment);
        gates[0].Open();
        Spin.Until(() => fixture.Watch.WaitingWork == 1, "the place of the first");

        fixture.Sample(s_moment);
        fixture.Sample(s_longestWait - s_moment);
        Assert.Equal(1, fixture.Watch.WaitingWork);
        fixture.Sample(s_moment);
        Assert.Equal(0, fixture.Watch.WaitingWork);
        Array.ForEach(gates, static gate => gate.Open());
        Spin.Until(() => Volatile.Read(ref _ended) == 3, "all of it");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Work_that_started_late_leaves_its_place_to_nobody()
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: 1);
        var (endless, late) = (new Gate(), new Gate());
        Dispatch(fixture, fixture.ComputingConnection(), endless.Wait);
        Spin.Until(() => Volatile.Read(ref _began) == 1, "the endless work");
        Dispatch(fixture, fixture.ComputingConnection(), late.Wait);
        Dispatch(fixture, fixture.ComputingConnection(), static () => { });
        Spin.Until(() => fixture.Watch.WaitingWork == 2, "those without a place");
        fixture.Sample(s_moment);
        fixture.Sample(s_longestWait);
        Spin.Until(() => Volatile.Read(ref _began) == 2, "the late work");

        late.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == 1, "its end");
        Assert.Equal(1, fixture.Watch.WaitingWork);
        endless.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == 3, "all of it");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task The_watch_looks_every_100_ms_at_least_while_work_waits()
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: 1, threshold: TimeSpan.FromSeconds(1));
        var gate = new Gate();
        for (var i = 0; i < 2; i++)
        {
            var connection = fixture.Connection();
            connection.OnRanElsewhere(100 * fixture.Runner.Threshold, new ThreadTimes(100 * fixture.Runner.Threshold, TimeSpan.Zero));
            Dispatch(fixture, connection, gate.Wait);
        }

        Spin.Until(() => fixture.Watch.WaitingWork == 1, "the one without a place");
        fixture.Sample(s_moment);
        Assert.Equal(s_longestWait, fixture.Watch.TimeToNextSample);
        gate.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == 2, "all of it");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Where_nobody_would_see_it_wait_it_holds_up_nothing()
    {
        var fixture = new AdaptiveFixture(activity: null, processors: 1);
        RunTwoOfWhichOneWaitsForTheNext(fixture);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Monitor_wakes_up_for_waiting_work()
    {
        var fixture = new AdaptiveFixture(activity: new ToldActivity(), processors: 1);
        Assert.True(fixture.TryFallAsleep(TimeSpan.FromMinutes(1)));
        fixture.Watch.Start();
        RunTwoOfWhichOneWaitsForTheNext(fixture);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task The_watch_does_not_sleep_while_anything_waits()
    {
        var gate = new Gate();
        var fixture = StartTwo(gate);

        // Nothing was called, and so nothing else keeps it awake.
        Assert.False(fixture.TryFallAsleep(TimeSpan.FromMinutes(1)));
        gate.Open();
        Spin.Until(() => Volatile.Read(ref _ended) == 2, "both");
        Assert.True(fixture.TryFallAsleep(TimeSpan.FromMinutes(1)));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task At_a_stop_nothing_waits()
    {
        var gate = new Gate();
        var fixture = StartTwo(gate);

        fixture.Watch.ReleaseComputing();
        Assert.Equal(0, fixture.Watch.WaitingWork);
        Dispatch(fixture, fixture.ComputingConnection(), gate.Open);

        Spin.Until(() => Volatile.Read(ref _ended) == 3, "all of it");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Its_exception_is_the_thread_pools_and_its_place_is_the_nexts()
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: 1);
        var gate = new Gate();
        var error = new InvalidOperationException("the application's");
        var unhandled = UnhandledExceptions.Announce(error);
        fixture.Dispatch(fixture.ComputingConnection(), () =>
        {
            gate.Wait();
            throw error;
        });
        Dispatch(fixture, fixture.ComputingConnection(), static () => { });
        Spin.Until(() => fixture.Watch.WaitingWork == 1, "the one without a place");
        gate.Open();

        await unhandled;
        Spin.Until(() => Volatile.Read(ref _ended) == 1, "the next");
        await fixture.StopAsync();
    }

    [Theory]

    // Of so many milliseconds, so many with a processor, and so many in which others had them all.
    [InlineData(100, 100, 0, nameof(SlowWork.Computes))]
    [InlineData(100, 80, 0, nameof(SlowWork.Computes))]
    [InlineData(100, 10, 88, nameof(SlowWork.Computes))]
    [InlineData(2, 2, 0, nameof(SlowWork.Computes))]
    [InlineData(100, 75, 0, nameof(SlowWork.Unknown))]
    [InlineData(100, 20, 0, nameof(SlowWork.Unknown))]
    [InlineData(100, 19, 0, nameof(SlowWork.Waits))]
    [InlineData(100, 10, 80, nameof(SlowWork.Unknown))]
    [InlineData(100, 9, 80, nameof(SlowWork.Waits))]
    [InlineData(2, 0, 0, nameof(SlowWork.Waits))]
    public async Task What_takes_a_threshold_shows_anew_what_a_connection_does(int time, int ran, int lacked, string expected)
    {
        var fixture = new AdaptiveFixture(threshold: TimeSpan.FromMilliseconds(1));
        var slow = fixture.ComputingConnection();
        slow.OnRanElsewhere(TimeSpan.FromMilliseconds(100), new ThreadTimes(TimeSpan.FromMilliseconds(50), TimeSpan.Zero));
        Assert.Equal(SlowWork.Unknown, slow.SlowWork);

        slow.OnRanElsewhere(TimeSpan.FromMilliseconds(time), new ThreadTimes(TimeSpan.FromMilliseconds(ran), TimeSpan.FromMilliseconds(lacked)));
        Assert.Equal(Enum.Parse<SlowWork>(expected), slow.SlowWork);

        // What is shorter says nothing, and neither does what was not measured.
        slow.OnRanElsewhere(TimeSpan.FromMilliseconds(0.9), new ThreadTimes(TimeSpan.FromMilliseconds(0.5), TimeSpan.Zero));
        slow.OnRanElsewhere(TimeSpan.FromMilliseconds(100), times: null);
        Assert.Equal(Enum.Parse<SlowWork>(expected), slow.SlowWork);
        await fixture.StopAsync();
    }

    private void RunTwoOfWhichOneWaitsForTheNext(AdaptiveFixture fixture)
    {
        var gate = new Gate();
        Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        Dispatch(fixture, fixture.ComputingConnection(), gate.Open);
        Spin.Until(() => Volatile.Read(ref _ended) == 2, "both");
    }

    /// <summary>One that has the only place until the gate opens, and one that waits for it.</summary>
    private AdaptiveFixture StartTwo(Gate gate)
    {
        var fixture = new AdaptiveFixture(activity: Computing(), processors: 1);
        Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        Dispatch(fixture, fixture.ComputingConnection(), gate.Wait);
        Spin.Until(() => fixture.Watch.WaitingWork == 1, "the one without a place");
        return fixture;
    }

    private static ToldActivity Computing() => new() { MayRun = true, Pace = TimeSpan.FromMinutes(1) };

    private void Dispatch(AdaptiveFixture fixture, AdaptiveScheduler connection, Action work)
        => fixture.Dispatch(connection, () =>
        {
            Interlocked.Increment(ref _began);
            var runs = Interlocked.Increment(ref _runs);
            while (Volatile.Read(ref _mostRuns) is var most && most < runs)
            {
                Interlocked.CompareExchange(ref _mostRuns, runs, most);
            }

            work();
            Interlocked.Decrement(ref _runs);
            Interlocked.Increment(ref _ended);
        });
}
