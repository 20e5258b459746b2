namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// What a poller has done. Written by whoever is inside it, so plain additions suffice; read by any.
/// </summary>
internal sealed class PollerFigures
{
    private long _passes;
    private long _waits;
    private long _completions;
    private long _handOvers;
    private long _pooledWork;
    private long _workAside;

    public long Passes => Volatile.Read(ref _passes);

    /// <summary>Passes that ended in a sleep of the thread, counted when it woke.</summary>
    public long Waits => Volatile.Read(ref _waits);

    public long Completions => Volatile.Read(ref _completions);

    public void CountPass() => Volatile.Write(ref _passes, _passes + 1);

    public void CountWait() => Volatile.Write(ref _waits, _waits + 1);

    public void CountCompletions(int count) => Volatile.Write(ref _completions, _completions + count);

    /// <summary>How often another thread took the poller over.</summary>
    public long HandOvers => Volatile.Read(ref _handOvers);

    /// <summary>Application work that a poller which could have run it gave to the thread pool.</summary>
    public long PooledWork => Volatile.Read(ref _pooledWork);

    /// <summary>Application work that was known to wait, and that a poller gave to a thread which leads nothing.</summary>
    public long WorkAside => Volatile.Read(ref _workAside);

    /// <summary>Told for each hand-over how long the poller stood still.</summary>
    public Action<TimeSpan>? OnStandstill { get; set; }

    public void CountHandOver() => Volatile.Write(ref _handOvers, _handOvers + 1);

    public void CountPooledWork() => Volatile.Write(ref _pooledWork, _pooledWork + 1);

    public void CountWorkAside() => Volatile.Write(ref _workAside, _workAside + 1);
}
