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
    private const int SamplesOfStall = 5;

    private volatile ThreadActivity? _activity;
    private int _samplesInWait;

    public void Execute()
    {
        using var activity = lane.ObserveCurrentThread();
        RunCore(activity);
    }

    public bool Run(ThreadActivity? activity)
    {
        RunCore(activity);
        return true;
    }

    /// <summary>Whether it may have a thread of the crew, which it then has until <see cref="OnThreadBack"/>.</summary>
    public bool TryReserveThread() => countedBy.TryReserve();

    public void OnThreadBack() => countedBy.OnAsideThreadBack();

    /// <summary>Whether it has begun, and waited at so many samples in a row. The watch's thread only.</summary>
    public bool HasStalled()
    {
        if (_activity is not { IsRunnable: false })
        {
            _samplesInWait = 0;
            return false;
        }

        return ++_samplesInWait >= SamplesOfStall;
    }

    private void RunCore(ThreadActivity? activity)
    {
        _activity = activity;
        if (activity is null)
        {
            // Nobody would see it wait.
            lane.FreePlaceOf(this);
        }

        work.RunAndReport();
        work.Source.LeaveLane();
        lane.FreePlaceOf(this);
    }
}
