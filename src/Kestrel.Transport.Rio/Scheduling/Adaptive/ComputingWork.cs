using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>One piece of application work that is known to compute, on its way through the lane.</summary>
/// <param name="work">What is run.</param>
/// <param name="lane">The lane.</param>
/// <param name="countedBy">Counts the thread of the crew that runs it where it is overdue.</param>
internal sealed class ComputingWork(TimedWork work, ComputingLane lane, PollerOverload countedBy) : IThreadPoolWorkItem, IThreadAssignment
{
    // A lock or a collection keeps a thread that computes for less.
    private const int LooksOfStall = 5;

    private volatile ThreadActivity? _activity;
    private int _looksInWait;

    public void Execute()
    {
        using var activity = lane.ObserveCurrentThread();
        Run(activity);
    }

    public bool Perform(ThreadActivity? activity)
    {
        Run(activity);
        return true;
    }

    /// <summary>Whether it may have a thread of the crew, which it then has until <see cref="OnThreadBack"/>.</summary>
    public bool TryKeepThread() => countedBy.TryKeep();

    public void OnThreadBack() => countedBy.OnAsideThreadBack();

    /// <summary>Whether it has begun, and waited at so many looks in a row. The watch's thread only.</summary>
    public bool HasStalled()
    {
        if (_activity is not { IsRunnable: false })
        {
            _looksInWait = 0;
            return false;
        }

        return ++_looksInWait >= LooksOfStall;
    }

    private void Run(ThreadActivity? activity)
    {
        _activity = activity;
        if (activity is null)
        {
            // Nobody would see it wait.
            lane.FreePlaceOf(this);
        }

        work.RunAndTell();
        work.Source.LeaveLane();
        lane.FreePlaceOf(this);
    }
}
