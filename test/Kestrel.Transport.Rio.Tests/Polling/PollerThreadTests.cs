using System.Diagnostics;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Kestrel.Transport.Rio.Tests.Verification.Misbehaving;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class PollerThreadTests
{
    private static SimulatedIo BlockingIo => new(new SimulationOptions { Wait = WaitMode.Block });

    /// <summary>
    /// Each producer waits for its item before it posts the next, so the poller is about to sleep, asleep or waking up whenever
    /// one comes; a wake-up that is lost once leaves its producer waiting.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task No_wake_up_is_lost(int producers)
    {
        const int Posts = 3000;
        using var fixture = new PollerFixture(BlockingIo);
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();

        await Task.WhenAll(Enumerable.Range(0, producers).Select(_ => Task.Run(() =>
        {
            var item = new CountingItem();
            for (var i = 0; i < Posts; i++)
            {
                fixture.Poller.Post(item);
                Spin.Until(() => item.Executions == i + 1, $"execution {i} of an item that was posted to a sleeping poller");
            }
        })));

        Assert.True(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.Empty(fixture.Logger.Entries);
    }

    [Fact]
    public async Task Work_that_is_ready_when_everything_has_drained_still_runs()
    {
        const int Work = 5000;
        using var fixture = new PollerFixture(BlockingIo);
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        var runs = 0;
        for (var i = 0; i < Work; i++)
        {
            fixture.OnPoller(() => runs++);
        }

        var stopped = thread.StopAsync(Deadline.Length);
        thread.Start();

        Assert.True(await stopped.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.Equal(Work, runs);
    }

    [Fact]
    public async Task A_stop_ends_with_the_last_that_leaves_and_not_with_the_timeout()
    {
        using var fixture = new PollerFixture(BlockingIo);
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        var key = 0UL;
        var isThere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var leaves = new PollerAction(() => fixture.Poller.Unregister(key));
        fixture.OnPoller(() =>
        {
            key = fixture.Poller.Register(new RecordingTarget
            {
                // As a connection does: by way of the thread pool.
                Stopping = () => ThreadPool.QueueUserWorkItem(_ => fixture.Poller.Post(leaves)),
            });
            isThere.SetResult();
        });
        thread.Start();

        // Nothing comes to a poller that stops, so it has to be there before.
        await isThere.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        var stopped = thread.StopAsync(10 * Deadline.Length);

        Assert.True(await stopped.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Drain_has_its_time_after_application_code_has_held_the_poller()
    {
        var drainTimeout = TimeSpan.FromMilliseconds(20);
        using var fixture = new PollerFixture(BlockingIo);
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        var gate = new Gate();
        var isHeld = 0;
        var key = 0UL;
        fixture.Poller.Post(new PollerAction(() => key = fixture.Poller.Register(new RecordingTarget
        {
            Stopping = () => fixture.Poller.Schedule(new ReadyWork(
                _ =>
                {
                    Volatile.Write(ref isHeld, 1);
                    gate.Wait();
                },
                null)),
        })));
        var stopped = thread.StopAsync(drainTimeout);
        thread.Start();
        Spin.Until(() => Volatile.Read(ref isHeld) != 0, "the work that holds the poller");
        var start = Stopwatch.GetTimestamp();
        thread.OnHeld();
        Spin.Until(() => Stopwatch.GetElapsedTime(start) > drainTimeout, "the end of the drain's time");

        fixture.Poller.Post(new PollerAction(() => fixture.Poller.Unregister(key)));
        gate.Open();

        Assert.True(await stopped.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.Empty(fixture.Logger.Entries);
    }

    /// <summary>As the first read of a connection does that the application begins when the connection has ended already.</summary>
    [Fact]
    public async Task Work_and_items_that_come_after_the_drain_still_run()
    {
        using var fixture = new PollerFixture(BlockingIo);
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();
        Assert.True(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));

        await RunAfterTheEndAsync(fixture);

        Assert.Empty(fixture.Logger.Entries);
    }

    [Fact]
    public async Task What_comes_after_a_drain_that_was_given_up_still_runs()
    {
        using var fixture = new PollerFixture(new DelegatingIo(BlockingIo) { NeverCompleting = 3 });
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();
        Assert.False(await thread.StopAsync(TimeSpan.FromMilliseconds(20)).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));

        await RunAfterTheEndAsync(fixture);
    }

    /// <summary>Where a leader was replaced in the pass that would have been the last.</summary>
    [Fact]
    public async Task What_was_ready_for_the_thread_pool_and_not_handed_over_still_runs()
    {
        using var fixture = new PollerFixture(createRunner: static poller => new ThreadPoolRunner(poller));
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Poller.Bind();
        fixture.Poller.Runner.CreateScheduler("").Schedule(_ => ran.SetResult(), state: null);
        CompletionPoller.Unbind();

        fixture.Poller.LeaveToThreadPool();

        await ran.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_drain_that_does_not_end_is_given_up_and_reported()
    {
        using var fixture = new PollerFixture(new DelegatingIo(BlockingIo) { NeverCompleting = 3 });
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();

        Assert.False(await thread.StopAsync(TimeSpan.FromMilliseconds(20)).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));

        var entry = Assert.Single(fixture.Logger.Entries);
        Assert.Equal(LogLevel.Error, entry.Level);
        Assert.Contains("3 requests outstanding", entry.Text, StringComparison.Ordinal);
        Assert.Empty(((DelegatingIo)fixture.Io).TakenApart);
    }

    [Fact]
    public async Task Poller_that_fails_every_pass_is_reported_once_and_stops()
    {
        using var fixture = new PollerFixture(new ScriptedIo());
        ((ScriptedIo)fixture.Io).LastQueue!.DuringWait = () => throw new InvalidOperationException("the kernel has gone mad");
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();

        Assert.False(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.Single(fixture.Logger.Entries, static entry => entry.Level == LogLevel.Critical);
    }

    [Fact]
    public async Task What_is_posted_to_a_poller_without_a_thread_still_runs()
    {
        using var fixture = new PollerFixture(new ScriptedIo());
        var target = new RecordingTarget();
        fixture.Poller.Register(target);
        ((ScriptedIo)fixture.Io).LastQueue!.DuringWait = () => throw new InvalidOperationException("the kernel has gone mad");
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();
        Assert.False(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.Equal((1, 1), (target.Deaths, target.GivenUp));

        await RunAfterTheEndAsync(fixture);
    }

    [Fact]
    public async Task Failed_pass_kills_the_poller_and_requests_still_drain()
    {
        using var fixture = new PollerFixture(new ScriptedIo());
        var queue = ((ScriptedIo)fixture.Io).LastQueue!;
        queue.DuringWait = () =>
        {
            queue.DuringWait = null;
            queue.ClaimedOutstanding = 0;
            throw new InvalidOperationException("the kernel has hiccups");
        };
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();

        Assert.True(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.Equal(LogLevel.Critical, Assert.Single(fixture.Logger.Entries).Level);
    }

    [Fact]
    public async Task Target_that_outlives_its_dead_poller_is_abandoned()
    {
        using var fixture = new PollerFixture(BlockingIo);
        var givenUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var key = 0UL;
        var target = new RecordingTarget
        {
            GivingUp = () =>
            {
                fixture.Poller.Unregister(key);
                givenUp.SetResult();
            },
        };
        fixture.Poller.Post(new PollerAction(() => key = fixture.Poller.Register(target)));
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();
        var start = Stopwatch.GetTimestamp();
        fixture.Poller.Post(new PollerAction(() => throw new InvalidOperationException("a fault of ours")));

        await givenUp.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);

        Assert.True(Stopwatch.GetElapsedTime(start) >= PollerEnd.TimeToEnd);
        Assert.Equal((1, 1), (target.Deaths, target.GivenUp));
        Assert.True(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
    }

    /// <summary>
    /// An accept that failed in the same batch as what the poller dies of; or, where the machine gave the poller no time for two seconds,
    /// what was closed by then and given up.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_completes_for_whom_has_left_a_dead_poller_is_no_error(bool givesUp)
    {
        using var fixture = new PollerFixture(new ScriptedIo());
        var queue = ((ScriptedIo)fixture.Io).LastQueue!;
        var gone = fixture.Poller.Register(new RecordingTarget());
        fixture.Poller.Unregister(gone);
        queue.Complete(SocketError.OperationAborted, 0, gone, 1);
        fixture.Pass();
        Assert.Equal(LogLevel.Error, Assert.Single(fixture.Logger.Entries).Level);

        fixture.Poller.Die(new InvalidOperationException("a fault of ours"));
        if (givesUp)
        {
            fixture.Poller.End.Abandon();
        }

        queue.Complete(SocketError.OperationAborted, 0, gone, 1);
        fixture.Pass();

        Assert.Equal([LogLevel.Error, LogLevel.Critical], fixture.Logger.Entries.Select(static entry => entry.Level));
    }

    /// <summary>Or a thread of the pool would be at the queue while this one closes it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Remaining_items_run_on_the_pool_after_the_queue_closes(bool givesUpFirst)
    {
        var io = new DelegatingIo(BlockingIo);
        using var fixture = new PollerFixture(io);
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        io.Closing = () => fixture.Poller.RunAfterArrivals(() =>
        {
            io.Note("what was left");
            ran.SetResult();
        });
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();
        if (givesUpFirst)
        {
            await GiveUpAsync(fixture);
        }

        Assert.True(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));

        await ran.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Assert.Equal(["completion queue", "what was left"], io.TakenApart);
    }

    /// <summary>The poller dies, and something on it does not end by itself.</summary>
    private static Task GiveUpAsync(PollerFixture fixture)
    {
        var givenUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Poller.Post(new PollerAction(() =>
        {
            var key = 0UL;
            key = fixture.Poller.Register(new RecordingTarget
            {
                GivingUp = () =>
                {
                    fixture.Poller.Unregister(key);
                    givenUp.SetResult();
                },
            });
            throw new InvalidOperationException("a fault of ours");
        }));
        return givenUp.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
    }

    private static Task RunAfterTheEndAsync(PollerFixture fixture)
    {
        var local = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Poller.Post(new PollerAction(() =>
        {
            posted.SetResult(fixture.Poller.IsOnOwnThread);

            // What is put off, and posts in its turn.
            fixture.Poller.RunAfterArrivals(() => fixture.Poller.Post(new PollerAction(local.SetResult)));
        }));
        var worked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.OnPoller(worked.SetResult);
        return AllAsync();

        async Task AllAsync()
        {
            Assert.True(await posted.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
            await Task.WhenAll(worked.Task, local.Task).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        }
    }
}
