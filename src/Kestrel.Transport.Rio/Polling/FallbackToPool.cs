namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// When a poller gives all its application work to the thread pool: while as many threads as it may have are kept by
/// application code, and when hand-overs are so frequent that they cost more than the pool does. It comes back after a
/// while, which grows as long as it is in vain. The members that write are for who is inside, unless they say otherwise.
/// </summary>
internal sealed class FallbackToPool(int maxThreads)
{
    // Each hand-over stands for about two milliseconds in which the poller's other connections waited. A burst is let pass;
    // as a rate it would be 2 % of the time.
    private const int MaxHandOvers = 10;
    private const long WindowMilliseconds = 1000;

    private const long FirstStayMilliseconds = 1000;
    private const long LongestStayMilliseconds = 60_000;

    // Back for so long, it has not been in vain.
    private const long CalmMilliseconds = 10_000;

    private int _keptThreads;
    private long _windowStart = long.MinValue / 2;
    private int _handOvers;
    private long _stay;
    private long _mayEndAt;
    private long _endedAt = long.MinValue / 2;
    private volatile bool _isActive;

    /// <summary>All application work goes to the thread pool. Any thread.</summary>
    public bool IsActive => _isActive;

    /// <summary>Threads that application code keeps, and that lead no more. Any thread.</summary>
    public int KeptThreads => Volatile.Read(ref _keptThreads);

    /// <summary>The leader was replaced. True when it is the beginning of a stay on the pool.</summary>
    public bool OnReplaced(long now)
    {
        var kept = Interlocked.Increment(ref _keptThreads);
        if (now - _windowStart >= WindowMilliseconds)
        {
            _windowStart = now;
            _handOvers = 0;
        }

        _handOvers++;

        // The last thread calls nothing: there is none to replace it.
        return !_isActive && (kept + 1 >= maxThreads || _handOvers > MaxHandOvers) && Begin(now);
    }

    /// <summary>A thread that was replaced has come back. Any thread, after it can be used again.</summary>
    public void OnThreadBack() => Interlocked.Decrement(ref _keptThreads);

    /// <summary>Whether it is time to come back. Any thread.</summary>
    public bool MayEnd(long now) => _isActive && now >= Volatile.Read(ref _mayEndAt) && KeptThreads + 1 <= maxThreads / 2;

    public void End(long now)
    {
        _isActive = false;
        _endedAt = now;
        _handOvers = 0;
    }

    private bool Begin(long now)
    {
        _stay = now - _endedAt >= CalmMilliseconds ? FirstStayMilliseconds : Math.Min(2 * _stay, LongestStayMilliseconds);
        Volatile.Write(ref _mayEndAt, now + _stay);
        return _isActive = true;
    }
}
