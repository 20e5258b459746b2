using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class BatchSchedulerTests
{
    /// <summary>
    /// By that count the pool decides how many threads it has. When a batch counted as one, sixteen handlers that block left a server of
    /// one processor with two threads for good, and a hundredth of the throughput.
    /// </summary>
    [Fact]
    public void The_thread_pool_counts_every_piece_of_application_work()
    {
        const int Works = 20_000;
        using var fixture = new PollerFixture(createRunner: static poller => new ThreadPoolRunner(poller));
        var before = ThreadPool.CompletedWorkItemCount;
        var ran = 0;
        fixture.Poller.Post(new PollerAction(() =>
        {
            for (var i = 0; i < Works; i++)
            {
                fixture.Poller.Runner.CreateScheduler("").Schedule(_ => Interlocked.Increment(ref ran), state: null);
            }
        }));

        fixture.Pass();

        Spin.Until(() => Volatile.Read(ref ran) == Works, "the work");
        Spin.Until(() => ThreadPool.CompletedWorkItemCount - before >= Works, "the count of it");
    }

    [Fact]
    public void Blocking_work_does_not_hold_up_later_work()
    {
        using var fixture = new PollerFixture(createRunner: static poller => new ThreadPoolRunner(poller));
        var gate = new Gate();
        var ran = 0;
        fixture.Poller.Post(new PollerAction(() =>
        {
            fixture.Poller.Runner.CreateScheduler("").Schedule(_ => gate.Wait(), state: null);
            fixture.Poller.Runner.CreateScheduler("").Schedule(_ => Interlocked.Increment(ref ran), state: null);
        }));

        fixture.Pass();

        Spin.Until(() => Volatile.Read(ref ran) == 1, "the work behind the one that blocks");
        gate.Open();
    }
}
