using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>What a poller needs so that its leader can be replaced while application code keeps it.</summary>
internal sealed class Leadership(PollerWatch watch, PollerCrew crew, int maxThreads)
{
    // How much of a pass application code may have before completions are looked at and answers are sent, in looks of the
    // watch, which come about once a threshold. One look may come at any moment; so it takes two.
    private const int LooksPerPass = 2;

    private AdaptiveScheduler? _called;
    private volatile ThreadActivity? _leader;
    private long _stuckSince;
    private int _looksAtStart;

    public LeaderRole Role { get; } = new();

    public FallbackToPool Fallback { get; } = new(maxThreads);

    /// <summary>What the system shows of the leader's thread; null where it shows nothing. Any thread.</summary>
    public ThreadActivity? Leader => _leader;

    /// <summary>How long application code may keep a poller.</summary>
    public TimeSpan Threshold => watch.Threshold;

    /// <summary>How often the watch has looked. Any thread.</summary>
    public int Looks => watch.Looks;

    /// <summary>The application code of this pass has had its time. The leader only.</summary>
    public bool IsTimeUp => watch.Looks - _looksAtStart >= LooksPerPass;

    /// <summary>The current thread has become the leader. It is inside.</summary>
    public void OnLed(ThreadActivity? activity) => _leader = activity;

    public void BeginCalls() => _looksAtStart = watch.Looks;

    /// <summary>
    /// The leader goes to call application code, and is outside from here on. The mark it gets is to be taken back with
    /// <see cref="LeaderRole.TryTake"/>; who fails to must leave, and touch nothing.
    /// </summary>
    public long Leave(AdaptiveScheduler called)
    {
        _called = called;
        var mark = Role.Mark();
        watch.OnCall();
        return mark;
    }

    /// <summary>The watch has taken the role: it notes who kept the leader, and since when. Only inside.</summary>
    /// <param name="stuckSince">When it was first seen.</param>
    /// <param name="slowWork">What it is doing.</param>
    /// <returns>Whose application code keeps the leader, and whether the poller goes over to the thread pool.</returns>
    public (string ConnectionId, bool FallsBack) OnReplaced(long stuckSince, SlowWork slowWork)
    {
        _stuckSince = stuckSince;
        var called = _called!;
        called.OnKeptTooLong(slowWork);
        return (called.ConnectionId, Fallback.OnReplaced(Environment.TickCount64));
    }

    /// <summary>
    /// Work that runs elsewhere. What is known to be slow is worth the ten microseconds in which one finds out whether it waits or computes.
    /// </summary>
    public TimedWork Time(in ReadyWork work) => new(work, work.Source!.IsOnPool() ? crew.ReadThreadTimes : null);

    /// <summary>Has work that is known to wait run on a thread that leads nothing. False where there is none for it. Only inside.</summary>
    public bool TryRunAside(in ReadyWork work)
    {
        if (!Fallback.TryKeep())
        {
            return false;
        }

        // None is made here, which would take a while, and nobody else could lead meanwhile; and the last is the watch's.
        if (crew.TryTakeSpare() is not { } thread)
        {
            Fallback.OnAsideThreadBack();
            watch.WantStandBy();
            return false;
        }

        thread.Call(new AsideWork(Time(work), Fallback));
        return true;
    }

    /// <summary>Has work that is known to compute run on the thread pool, when a processor is left for it. Only inside.</summary>
    public void RunComputing(in ReadyWork work) => watch.Compute(Time(work));

    /// <summary>The new leader has the role: for how long nobody could act. Null when it is the first leader. Only inside.</summary>
    public TimeSpan? TakeStandstill()
    {
        if (_stuckSince == 0)
        {
            return null;
        }

        var standstill = Stopwatch.GetElapsedTime(_stuckSince);
        _stuckSince = 0;
        return standstill;
    }
}
