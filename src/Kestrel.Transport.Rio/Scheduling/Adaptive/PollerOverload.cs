namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// When a poller gives application work to the thread pool: while nearly as many threads as it may have are kept by application
/// code, and when hand-overs are so frequent that they cost more than the pool does. First that of connections of which is not
/// known that they are quick, and if it does not end by that, all. It comes back after a while, which grows as long as it is in
/// vain. The members that write are for who is inside, unless they say otherwise.
/// </summary>
internal sealed class PollerOverload(int maxThreads)
{
    // Each hand-over stands for about two milliseconds in which the poller's other connections waited. A burst is let pass;
    // as a rate it would be 2 % of the time.
    private const int MaxBurst = 32;
    private const int HandOversPerSecond = 10;
    private const double MillisecondsPerSecond = 1000;

    private const long FirstStayMilliseconds = 1000;
    private const long LongestStayMilliseconds = 60_000;

    // Back for so long, it has not been in vain.
    private const long CalmMilliseconds = 10_000;

    // Threads that only quick connections may keep: somebody of them may become slow.
    private readonly int _reserve = maxThreads / 4;

    private int _blockedThreads;
    private int _asideThreads;
    private double _allowance = MaxBurst;
    private long _lastHandOver = long.MinValue / 2;
    private long _stay;
    private long _mayEndAt;
    private long _endedAt = long.MinValue / 2;
    private volatile PooledWork _pooled;

    /// <summary>Some application work goes to the thread pool, or all. Any thread.</summary>
    public bool IsActive => _pooled != PooledWork.None;

    /// <summary>Threads that application code keeps and that were replaced. Any thread.</summary>
    public int BlockedThreads => Volatile.Read(ref _blockedThreads);

    /// <summary>Threads that application code keeps which is known to wait. Any thread.</summary>
    public int AsideThreads => Volatile.Read(ref _asideThreads);

    /// <summary>Whether the work of a connection goes to the thread pool, whatever it has done itself. Any thread.</summary>
    public bool Takes(bool isQuick) => _pooled switch
    {
        PooledWork.None => false,
        PooledWork.Unproven => !isQuick,
        _ => true,
    };

    /// <summary>The leader was replaced. True when from here on more goes to the pool than before.</summary>
    public bool OnReplaced(long now)
    {
        var leading = Interlocked.Increment(ref _blockedThreads) + 1 + AsideThreads;
        var pooled = PooledWork.None;
        if (!TrySpend(now))
        {
            pooled = IsActive ? PooledWork.All : PooledWork.Unproven;
        }
        else if (leading + _reserve >= maxThreads)
        {
            pooled = PooledWork.Unproven;
        }

        if (leading >= maxThreads)
        {
            // The last thread calls nothing: there is none to replace it.
            pooled = PooledWork.All;
        }

        if (pooled <= _pooled)
        {
            return false;
        }

        Begin(pooled, now);
        return true;
    }

    /// <summary>
    /// Counts a thread that work which waits is to keep. False where none is left but those that connections which have been quick may
    /// keep. Any thread.
    /// </summary>
    public bool TryReserve()
    {
        if (Interlocked.Increment(ref _asideThreads) + BlockedThreads + 1 + _reserve < maxThreads)
        {
            return true;
        }

        OnAsideThreadBack();
        return false;
    }

    /// <summary>A thread that was counted so has come back. Any thread, after it can be used again.</summary>
    public void OnAsideThreadBack() => Interlocked.Decrement(ref _asideThreads);

    /// <summary>A thread that was replaced has come back. Any thread, after it can be used again.</summary>
    public void OnThreadBack() => Interlocked.Decrement(ref _blockedThreads);

    /// <summary>Whether it is time to come back. Any thread.</summary>
    public bool MayEnd(long now) => IsActive && now >= Volatile.Read(ref _mayEndAt) && BlockedThreads + 1 <= maxThreads / 2;

    public void End(long now)
    {
        _pooled = PooledWork.None;
        _endedAt = now;
        _allowance = MaxBurst;
    }

    /// <summary>Whether one more hand-over is no more than a burst, or within the rate.</summary>
    private bool TrySpend(long now)
    {
        _allowance = Math.Min(MaxBurst, _allowance + ((now - _lastHandOver) / MillisecondsPerSecond * HandOversPerSecond));
        _lastHandOver = now;
        if (_allowance < 1)
        {
            return false;
        }

        _allowance--;
        return true;
    }

    private void Begin(PooledWork pooled, long now)
    {
        if (!IsActive)
        {
            _stay = now - _endedAt >= CalmMilliseconds ? FirstStayMilliseconds : Math.Min(2 * _stay, LongestStayMilliseconds);

            // What comes now comes from who was quick: a burst of theirs is let pass, too.
            _allowance = MaxBurst;
        }

        Volatile.Write(ref _mayEndAt, now + _stay);
        _pooled = pooled;
    }
}
