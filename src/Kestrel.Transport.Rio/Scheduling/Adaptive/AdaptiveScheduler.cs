using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// Runs the application code of one connection on its poller, and elsewhere for a while after it has kept the poller too long, on the
/// thread pool or on a thread for what waits: one slow route shall not cost a hand-over for each request.
/// </summary>
/// <param name="poller">Whose connection it is.</param>
/// <param name="runner">The runner of its work.</param>
/// <param name="connectionId">For the log.</param>
internal sealed class AdaptiveScheduler(CompletionPoller poller, AdaptiveRunner runner, string connectionId) : ApplicationScheduler
{
    // Long enough that connections which all block the same way do not all come back before the others have had some time; it doubles
    // each time that it was not long enough.
    private const long FirstStayMilliseconds = 5000;
    private const long LongestStayMilliseconds = 5 * 60_000;

    // So many looks of the watch long, or so many thresholds, it may have been the system that gave the thread no time: that is
    // let pass once a second.
    private const int ForgivableLooks = 20;
    private const long StrikeMilliseconds = 1000;

    // One request is one piece, as a rule. A connection of a gateway's that carries one slow request in fewer is not called quick.
    private const int PiecesOfQuick = 16;

    // What waits for more of its time would keep a processor's place that others could use.
    private const double LeastShareOfComputing = 0.8;

    // Written by the leader and by threads of the pool. Which of two that write at once is the last makes a hand-over more, or
    // a stay on the pool.
    private volatile bool _isOnPool;
    private volatile bool _isInputEnding;
    private long _leavesAt;
    private long _stay;
    private long _lastStrike = long.MinValue / 2;
    private int _quickPieces;
    private volatile SlowWork _slowWork;
    private int _isInLane;

    public string ConnectionId => connectionId;

    /// <summary>So many pieces of its work in a row have not kept the poller too long, or would not have. Any thread.</summary>
    public bool IsQuick => _quickPieces >= PiecesOfQuick;

    /// <summary>What it did when it was slow last. Any thread.</summary>
    public SlowWork SlowWork => _slowWork;

    /// <summary>
    /// On the poller, whoever schedules it: a thread of the pool that begins to wait for data may be overtaken by them, and then schedules
    /// what they are for itself. But the end of the input is told on the thread pool, as <c>ConnectionClosed</c>
    /// is: connections end by the thousand when a peer goes, and to clean up after one may take its time.
    /// </summary>
    public override void Schedule(Action<object?> action, object? state)
    {
        if (_isInputEnding && !poller.IsOnOwnThread)
        {
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
        }
        else
        {
            poller.Schedule(new ReadyWork(action, state, this));
        }
    }

    public override void OnInputEnding() => _isInputEnding = true;

    /// <summary>Whether its work goes elsewhere than to the poller. The leader only.</summary>
    public bool IsOnPool()
    {
        if (_isOnPool && Environment.TickCount64 >= Volatile.Read(ref _leavesAt))
        {
            Leave();
        }

        return _isOnPool;
    }

    /// <summary>A piece of its work has ended before anybody took the poller over. The leader only.</summary>
    public void OnRanInline() => CountQuick();

    /// <summary>Its work has kept the poller too long. Only inside.</summary>
    /// <param name="waits">It is waiting for something else than a processor, as the system tells.</param>
    public void OnStalled(bool waits)
    {
        // Of what runs at the moment one does not know what it does most of the time.
        _slowWork = waits ? SlowWork.Waits : SlowWork.Unknown;
        var now = Environment.TickCount64;

        // After as much time off the pool as it had on it, what was is forgotten.
        var stay = Volatile.Read(ref _stay);
        var isHabit = stay != 0 && now - Volatile.Read(ref _leavesAt) < stay;
        Stay(now, isHabit ? Math.Min(2 * stay, LongestStayMilliseconds) : FirstStayMilliseconds);
    }

    /// <summary>The thread that its work has kept is back, after so many looks of the watch. That thread, which is outside.</summary>
    public void OnReturned(int looks)
    {
        var now = Environment.TickCount64;
        var isFirst = now - Interlocked.Exchange(ref _lastStrike, now) > StrikeMilliseconds;
        if (isFirst && looks < ForgivableLooks)
        {
            Leave();
        }
        else
        {
            _quickPieces = 0;
        }
    }

    /// <summary>Its work takes the lane of what computes; false while some of it is there already. The leader only.</summary>
    public bool TryEnterLane() => Interlocked.Exchange(ref _isInLane, 1) == 0;

    /// <summary>Its work has left the lane. Any thread.</summary>
    public void LeaveLane() => Volatile.Write(ref _isInLane, 0);

    /// <summary>
    /// Its work has run elsewhere, whether it stays there or its whole poller's does for now: would it have kept the poller too
    /// long, it is not to come back yet. The thread that has run it.
    /// </summary>
    /// <param name="time">How long that took.</param>
    /// <param name="times">What the thread has had of the machine in that time; null where that is not known.</param>
    public void OnRanElsewhere(TimeSpan time, ThreadTimes? times)
    {
        var threshold = runner.Threshold;
        if (times is { } had && time >= threshold)
        {
            _slowWork = Judge(time - had.LackedProcessor, had.Ran, ForgivableLooks * threshold);
        }

        // On a busy machine any work takes a threshold there; what comes back too early is soon handed over again.
        if (time >= ForgivableLooks * threshold)
        {
            Stay(Environment.TickCount64, Math.Max(Volatile.Read(ref _stay), FirstStayMilliseconds));
            _quickPieces = 0;
        }
        else
        {
            CountQuick();
        }
    }

    /// <summary>What waits half of the time is the pool's as well if it computes for long: many of its kind take the processors from the pollers.</summary>
    private static SlowWork Judge(TimeSpan time, TimeSpan ran, TimeSpan longTime)
    {
        if (ran >= LeastShareOfComputing * time)
        {
            return SlowWork.Computes;
        }

        return ran < longTime && ran < time / 2 ? SlowWork.Waits : SlowWork.Unknown;
    }

    private void Leave()
    {
        _slowWork = SlowWork.Unknown;
        _isOnPool = false;
    }

    private void CountQuick()
    {
        // Not interlocked: one that is lost is made up for by the next.
        if (_quickPieces < PiecesOfQuick)
        {
            _quickPieces++;
        }
    }

    private void Stay(long now, long stay)
    {
        Volatile.Write(ref _stay, stay);
        Volatile.Write(ref _leavesAt, now + stay);
        _isOnPool = true;
    }
}
