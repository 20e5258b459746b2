using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>What a poller needs so that its leader can be replaced while application code keeps it.</summary>
/// <param name="watch">Replaces leaders.</param>
/// <param name="crew">The threads that lead.</param>
/// <param name="maxThreads">How many threads application code may keep at a time.</param>
/// <param name="readThreadTimes">What the calling thread has had of the machine; null where the system does not tell.</param>
internal sealed class Leadership(StallMonitor watch, PollerThreadPool crew, int maxThreads, Func<ThreadTimes?> readThreadTimes)
{
    /// <summary>How much of a pass application code may have before completions are looked at and answers are sent; a piece is not cut.</summary>
    public static readonly TimeSpan TimePerPass = TimeSpan.FromMilliseconds(2);

    // To read the clock takes 20 to 25 ns. Pieces that take their time are seen by the looks of the watch.
    private const int PiecesPerReadOfClock = 8;

    private AdaptiveScheduler? _called;
    private volatile ThreadActivity? _leader;
    private long _stuckSince;
    private long _callsBegan;
    private int _looksSeen;

    public LeaderRole Role { get; } = new();

    public PollerOverload Fallback { get; } = new(maxThreads);

    /// <summary>What the system shows of the leader's thread; null where it shows nothing. Any thread.</summary>
    public ThreadActivity? Leader => _leader;

    /// <summary>How long application code may keep a poller.</summary>
    public TimeSpan Threshold => watch.Threshold;

    /// <summary>How often the watch has looked. Any thread.</summary>
    public int Looks => watch.Looks;

    /// <summary>Since when application code has been called in this pass, or was in the last one. Any thread.</summary>
    public long CallsBegan => Volatile.Read(ref _callsBegan);

    /// <summary>The current thread has become the leader. It is inside.</summary>
    public void OnLed(ThreadActivity? activity) => _leader = activity;

    public void BeginCalls() => Volatile.Write(ref _callsBegan, Stopwatch.GetTimestamp());

    /// <summary>Whether application code has had its time, after so many pieces of this pass. The leader only.</summary>
    public bool IsTimeUp(int pieces)
    {
        var looks = watch.Looks;
        if (pieces == 0 || (pieces % PiecesPerReadOfClock != 0 && looks == _looksSeen))
        {
            return false;
        }

        _looksSeen = looks;
        return Stopwatch.GetElapsedTime(_callsBegan) >= TimePerPass;
    }

    /// <summary>
    /// The leader goes to call application code, and is outside from here on. The mark it gets is to be taken back with
    /// <see cref="LeaderRole.TryTake"/>; who fails to must leave, and touch nothing. Never throws, or nobody would have the mark.
    /// </summary>
    public long Leave(AdaptiveScheduler called)
    {
        _called = called;
        return Role.Mark();
    }

    /// <summary>To be called after <see cref="Leave"/>: the watch has a call to look after.</summary>
    public void OnLeft() => watch.OnCall();

    /// <summary>The watch has taken the role: it notes who kept the leader, and since when. Only inside.</summary>
    /// <param name="stuckSince">When it was first seen.</param>
    /// <param name="waits">It is waiting for something else than a processor.</param>
    /// <returns>Whose application code keeps the leader, and whether the poller goes over to the thread pool.</returns>
    public (string ConnectionId, bool FallsBack) OnReplaced(long stuckSince, bool waits)
    {
        _stuckSince = stuckSince;
        var called = _called!;
        called.OnKeptTooLong(waits);
        return (called.ConnectionId, Fallback.OnReplaced(Environment.TickCount64));
    }

    /// <summary>
    /// Work that runs elsewhere. Of a connection that has been slow of late it is worth the ten microseconds in which one finds out whether
    /// it waits or computes.
    /// </summary>
    public TimedWork Time(in ReadyWork work) => new(work, work.Source is { IsQuick: false } source && source.IsOnPool() ? readThreadTimes : null);

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

    /// <summary>
    /// Has work that is known to compute run on the thread pool, when a processor is left for it. False for what must not wait: quick
    /// pieces, and what the piece before may be waiting for. Only inside.
    /// </summary>
    public bool TryRunInLane(in ReadyWork work)
    {
        if (work.Source is not { IsQuick: false } source || !source.TryEnterLane())
        {
            return false;
        }

        watch.Compute(Time(work), Fallback);
        return true;
    }

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
