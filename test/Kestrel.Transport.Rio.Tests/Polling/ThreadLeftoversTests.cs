using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Polling.Adaptive;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>What application code leaves on a thread of ours does not reach the next, as on the thread pool.</summary>
public sealed class ThreadLeftoversTests
{
    private readonly List<(Thread Thread, ThreadTraces Traces)> _seen = [];
    private int _count;

    [Fact]
    public async Task Inline_work_finds_nothing_that_other_work_left()
    {
        using var fixture = new PollerFixture(new SimulatedIo(new SimulationOptions { Wait = WaitMode.Block }));
        var thread = new PollerThread(fixture.Poller, fixture.Logger);
        thread.Start();
        fixture.OnPoller(SeeAndLeave);
        fixture.OnPoller(SeeAndLeave);

        AssertSeenTwiceAlike();
        Assert.True(await thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Adaptive_work_finds_nothing_that_other_work_left()
    {
        var fixture = new AdaptiveFixture();
        fixture.Dispatch(fixture.Connection("a"), SeeAndLeave);
        fixture.Dispatch(fixture.Connection("b"), SeeAndLeave);

        AssertSeenTwiceAlike();
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Work_beside_the_poller_finds_nothing_that_other_work_left()
    {
        var fixture = new AdaptiveFixture(activity: new ToldActivity());
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow);
        for (var i = 1; i <= 2; i++)
        {
            fixture.Dispatch(slow, SeeAndLeave);
            Spin.Until(() => fixture.Poller.Figures.WorkAside == i && fixture.Runner.Overload.AsideThreads == 0, "the work");
        }

        AssertSeenTwiceAlike();
        await fixture.StopAsync();
    }

    private void SeeAndLeave()
    {
        _seen.Add((Thread.CurrentThread, ThreadTraces.OfCurrentThread()));
        ThreadTraces.Leave();
        Interlocked.Increment(ref _count);
    }

    private void AssertSeenTwiceAlike()
    {
        Spin.Until(() => Volatile.Read(ref _count) == 2, "both pieces of work");
        Assert.Same(_seen[0].Thread, _seen[1].Thread);
        Assert.Equal(_seen[0].Traces, _seen[1].Traces);
    }
}
