using System.Collections.Concurrent;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>Runs the steps one after the other, without waiting for what they set going, and at the end waits for all of it.</summary>
internal sealed class InterleavingRun(ProviderShape shape, int maxThreads, SlowWork known)
{
    private const int Processors = 1;

    private static readonly TimeSpan s_longAfter = TimeSpan.FromSeconds(10);

    private readonly AdaptiveFixture _fixture = new(maxThreads, shape, activity: Tell(known), inLane: new ToldActivity(), processors: Processors);
    private readonly ConcurrentQueue<Gate> _gates = new();
    private readonly List<CountingItem> _posts = [];
    private AdaptiveScheduler[] _connections = [];
    private int _dispatched;
    private int _held;
    private int _began;
    private int _ended;

    public long WorkAside => _fixture.Poller.Figures.WorkAside;

    /// <summary>Work that computes had to wait for other such work.</summary>
    public bool HasWaitedInLane { get; private set; }

    public async Task RunAsync(IReadOnlyList<InterleavingStep> steps)
    {
        if (known == SlowWork.Waits)
        {
            _fixture.StandBy(2);
        }

        _connections = [.. Enumerable.Range(0, 4).Select(i => known == SlowWork.Computes ? _fixture.ComputingConnection() : _fixture.Connection($"{i}"))];
        foreach (var step in steps)
        {
            Take(step);
        }

        Settle();
        while (TryRelease())
        {
            Settle();
        }

        Settle();
        Assert.Equal(_dispatched, Volatile.Read(ref _ended));
        Assert.All(_posts, post => Assert.True(post.Executions == 1));
        Assert.DoesNotContain(_fixture.Logger.Entries, entry => entry.Level > LogLevel.Warning);
        await _fixture.StopAsync();
    }

    private static ToldActivity? Tell(SlowWork known) => known switch
    {
        SlowWork.Waits => new ToldActivity(),
        SlowWork.Computes => new ToldActivity { MayRun = true, Pace = TimeSpan.FromMinutes(1) },
        _ => null,
    };

    private void Take(InterleavingStep step)
    {
        switch (step.Kind)
        {
            case InterleavingStepKind.Work:
                Dispatch(step.Connection, static () => { });
                break;
            case InterleavingStepKind.WorkOfAnotherThread:
                var counted = Counted(static () => { });
                _connections[step.Connection].Schedule(_ => counted(), state: null);
                break;
            case InterleavingStepKind.Block:
                var gate = new Gate();
                _held++;
                _gates.Enqueue(gate);
                Dispatch(step.Connection, gate.Wait);
                break;
            case InterleavingStepKind.SelfCall:
                Dispatch(step.Connection, CallSelf);
                break;
            case InterleavingStepKind.Post:
                var item = new CountingItem();
                _posts.Add(item);
                _fixture.Poller.Post(item);
                break;
            case InterleavingStepKind.Look:
                _fixture.Sample(2 * AdaptiveFixture.Threshold);
                break;
            case InterleavingStepKind.FallAsleep:
                _fixture.TryFallAsleep(s_longAfter);
                break;
            case InterleavingStepKind.Release:
                TryRelease();
                break;
            case InterleavingStepKind.Settle:
                Settle();
                break;
        }
    }

    private void Dispatch(int connection, Action work) => _fixture.Dispatch(_connections[connection], Counted(work));

    private Action Counted(Action work)
    {
        _dispatched++;
        var runs = 0;
        return () =>
        {
            Assert.Equal(1, Interlocked.Increment(ref runs));
            Assert.False(_fixture.Poller.IsOnOwnThread);
            Interlocked.Increment(ref _began);
            work();
            Interlocked.Increment(ref _ended);
        };
    }

    private void CallSelf()
    {
        using var executed = new ManualResetEventSlim();
        _fixture.Poller.Post(new PollerAction(executed.Set));
        Assert.True(executed.Wait(Conformance.Deadline.Length), "What application code had posted to its own poller was not executed.");
    }

    private bool TryRelease()
    {
        if (!_gates.TryDequeue(out var gate))
        {
            return false;
        }

        _held--;
        gate.Open();
        return true;
    }

    /// <summary>All work has begun, and all that nobody blocks has ended, with the gates as they are.</summary>
    private void Settle()
    {
        _fixture.SampleUntil(
            () =>
            {
                HasWaitedInLane |= _fixture.Watch.WaitingWork > 0;
                return Volatile.Read(ref _began) == _dispatched && Volatile.Read(ref _ended) == _dispatched - _held;
            },
            $"the end of {_dispatched - _held} of {_dispatched} pieces of work");
        _fixture.SampleUntil(() => _posts.TrueForAll(static post => post.Executions == 1), "what was posted");
    }
}
