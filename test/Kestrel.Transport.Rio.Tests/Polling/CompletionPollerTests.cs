using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.IoUring;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Verification.Misbehaving;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class CompletionPollerTests
{
    [Fact]
    public void A_pass_allocates_nothing()
    {
        const int Passes = 1000;
        const int Rounds = 5;
        Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");
        using var fixture = new PollerFixture(new IoUringIo());
        var item = new CountingItem();
        Run();

        // The runtime allocates now and then for itself, when it recompiles a method for one. A pass would do so in every round.
        var least = long.MaxValue;
        for (var i = 0; i < Rounds; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal((1 + Rounds) * Passes, item.Executions);
        fixture.Poller.Close();

        void Run()
        {
            for (var i = 0; i < Passes; i++)
            {
                fixture.Poller.Post(item);
                fixture.Pass();
            }
        }
    }

    [Fact]
    public void An_item_that_is_posted_several_times_before_its_turn_is_executed_once()
    {
        using var fixture = new PollerFixture();
        var item = new CountingItem();
        fixture.Poller.Post(item);
        fixture.Poller.Post(item);
        fixture.OnPoller(() => fixture.Poller.Post(item));

        fixture.Pass();

        // Once for the two before the pass, and once for the one that came after that.
        Assert.Equal(2, item.Executions);
        fixture.Pass();
        Assert.Equal(2, item.Executions);
    }

    [Fact]
    public void An_item_that_is_posted_while_it_is_executed_is_executed_again()
    {
        using var fixture = new PollerFixture();
        var item = new CountingItem(executed: item =>
        {
            if (item.Executions < 5)
            {
                fixture.Poller.Post(item);
            }
        });
        fixture.Poller.Post(item);

        fixture.Pass();

        Assert.Equal(5, item.Executions);
    }

    [Fact]
    public void Items_are_executed_in_the_order_of_their_posts()
    {
        using var fixture = new PollerFixture();
        var order = new List<int>();
        for (var i = 0; i < 10; i++)
        {
            fixture.Poller.Post(new CountingItem(i, item =>
            {
                order.Add(item.Number);
                fixture.Poller.Post(new CountingItem(100 + item.Number, own => order.Add(own.Number)));
            }));
        }

        fixture.Pass();

        Assert.Equal([.. Enumerable.Range(0, 10), .. Enumerable.Range(100, 10)], order);
    }

    [Fact]
    public void Work_that_creates_work_leaves_room_for_completions()
    {
        using var fixture = new PollerFixture();
        var runs = 0;
        var again = true;
        void Again()
        {
            runs++;
            if (again)
            {
                fixture.OnPoller(Again);
            }
        }

        fixture.OnPoller(Again);
        fixture.Pass();
        var first = runs;
        var item = new CountingItem();
        fixture.Poller.Post(item);
        fixture.Pass();

        Assert.InRange(first, 2, 10_000);
        Assert.Equal(2 * first, runs);
        Assert.Equal(1, item.Executions);
        again = false;
        fixture.Pass();
        Assert.Equal((2 * first) + 1, runs);
    }

    [Fact]
    public void A_pass_with_work_left_does_not_wait()
    {
        var io = new DelegatingIo(new SimulatedIo());
        using var fixture = new PollerFixture(io);
        fixture.OnPoller(() => { });
        fixture.Pass();
        Assert.Equal(1, io.Waits);
        fixture.OnPoller(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                fixture.OnPoller(() => { });
            }
        });

        fixture.Pass();

        Assert.Equal(1, io.Waits);
        Assert.Equal(2, fixture.Poller.Figures.Passes);
    }

    [Fact]
    public void Waits_are_the_passes_that_slept()
    {
        using var fixture = new PollerFixture(new SimulatedIo(new SimulationOptions { Wait = WaitMode.Block }));
        fixture.Pass();
        Assert.Equal((1, 0), (fixture.Poller.Figures.Passes, fixture.Poller.Figures.Waits));

        fixture.Pass(TimeSpan.FromMilliseconds(1));

        Assert.Equal((2, 1), (fixture.Poller.Figures.Passes, fixture.Poller.Figures.Waits));
    }

    [Fact]
    public async Task Work_that_throws_ends_on_the_thread_pool_and_the_poller_goes_on()
    {
        using var fixture = new PollerFixture();
        var error = new InvalidOperationException("of the application");
        var unhandled = UnhandledExceptions.Announce(error);
        var ran = false;
        fixture.OnPoller(() => throw error);
        fixture.OnPoller(() => ran = true);

        fixture.Pass();

        Assert.True(ran);
        await unhandled;
    }

    [Fact]
    public void A_completion_for_nobody_is_reported_and_the_others_are_dispatched()
    {
        using var fixture = new PollerFixture(new ScriptedIo());
        var target = new RecordingTarget();
        var key = fixture.Poller.Register(target);
        var queue = ((ScriptedIo)fixture.Io).LastQueue!;
        queue.Complete(SocketError.Success, 1, key + 1, 1);
        queue.Complete(SocketError.Success, 1, key, 2);

        fixture.Pass();

        Assert.Equal(2UL, Assert.Single(target.Completions).RequestContext);
        Assert.Equal(LogLevel.Error, Assert.Single(fixture.Logger.Entries).Level);
    }

    [Fact]
    public void Completion_of_a_former_target_does_not_reach_its_successor()
    {
        using var fixture = new PollerFixture(new ScriptedIo());
        var stale = fixture.Poller.Register(new RecordingTarget());
        fixture.Poller.Unregister(stale);
        var target = new RecordingTarget();
        fixture.Poller.Register(target);
        ((ScriptedIo)fixture.Io).LastQueue!.Complete(SocketError.Success, 1, stale, 1);

        fixture.Pass();

        Assert.Empty(target.Completions);
        Assert.Single(fixture.Logger.Entries);
    }

    [Fact]
    public void Deferred_requests_are_committed_once_in_the_pass()
    {
        using var fixture = new PollerFixture();
        var requests = new RecordingRequestQueue(fixture.Completions);
        fixture.OnPoller(() =>
        {
            requests.Defer();
            requests.Defer();
        });

        fixture.Pass();
        fixture.Pass();

        Assert.Equal(1, requests.Commits);
    }

    [Fact]
    public void Commit_that_throws_ends_the_poller_but_no_other_commit()
    {
        using var fixture = new PollerFixture();
        var target = new RecordingTarget();
        fixture.Poller.Register(target);
        var broken = new RecordingRequestQueue(fixture.Completions)
        {
            Committing = static () => throw new InvalidOperationException("a fault of ours"),
        };
        var other = new RecordingRequestQueue(fixture.Completions);
        fixture.OnPoller(() =>
        {
            broken.Defer();
            other.Defer();
        });

        fixture.Pass();
        fixture.Pass();

        Assert.Equal("a fault of ours", fixture.Poller.CauseOfDeath?.Message);
        Assert.Equal((1, 1, 1), (target.Deaths, broken.Commits, other.Commits));
    }

    [Fact]
    public void Targets_hear_that_the_queue_is_lost_before_anybody_can_meet_its_refusal()
    {
        var io = new ScriptedIo();
        using var fixture = new PollerFixture(io);
        var target = new RecordingTarget();
        fixture.Poller.Register(target);
        var told = 0;
        io.LastQueue!.DuringWait = () => io.LastQueue.ClaimedFailure = "It was lost while the poller waited.";
        fixture.Pass();

        fixture.Poller.Post(new CountingItem(executed: _ => told = target.Deaths));
        fixture.Pass();

        Assert.Equal(1, told);
        Assert.True(fixture.Poller.IsLost);
        Assert.Equal(1, target.Deaths);
    }

    [Fact]
    public void Stop_notifies_every_target()
    {
        using var fixture = new PollerFixture();
        var targets = Enumerable.Range(0, 3).Select(_ => new RecordingTarget()).ToArray();
        var keys = targets.Select(fixture.Poller.Register).ToArray();
        fixture.Poller.Unregister(keys[1]);

        fixture.Poller.Post(new PollerAction(fixture.Poller.BeginStop));
        fixture.Pass();

        Assert.True(fixture.Poller.IsStopping);
        Assert.Equal([1, 0, 1], targets.Select(target => target.Stops));
        Assert.False(fixture.Poller.IsDrained);
        fixture.Poller.Unregister(keys[0]);
        fixture.Poller.Unregister(keys[2]);
        Assert.True(fixture.Poller.IsDrained);
    }

    [Fact]
    public void What_a_poller_has_in_its_cache_keeps_no_slabs_that_nobody_uses()
    {
        using var fixture = new PollerFixture();
        using var cache = fixture.Pool.AttachToCurrentThread();
        var blocks = Enumerable.Range(0, 200).Select(_ => fixture.Pool.Rent()).ToList();
        blocks.ForEach(static block => block.Dispose());
        Trim();
        Assert.InRange(fixture.Pool.Counts.SlabCount, 2, 200);

        fixture.Poller.Spare.BeforeTrim();
        fixture.Pass();
        Trim();

        Assert.Equal(1, fixture.Pool.Counts.SlabCount);

        void Trim()
        {
            for (var i = 0; i < 10; i++)
            {
                fixture.Pool.Trim();
            }
        }
    }
}
