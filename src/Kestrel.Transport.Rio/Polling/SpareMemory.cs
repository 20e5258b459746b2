namespace Kestrel.Transport.Rio.Polling;

/// <summary>Releases memory that a poller holds and does not need. Any thread.</summary>
internal sealed class SpareMemory
{
    private readonly CompletionPoller _poller;
    private readonly PollerAction _release;
    private readonly PollerAction _releaseCache;

    public SpareMemory(CompletionPoller poller)
    {
        _poller = poller;
        _release = new PollerAction(Release);
        _releaseCache = new PollerAction(poller.MemoryPool.FlushCurrentThreadCache);
    }

    /// <summary>A connection waits for registered memory, and this poller may have some to spare.</summary>
    public void OnRoomWanted() => _poller.Post(_release);

    /// <summary>
    /// The pool is about to return unused memory to the system. One block in the cache of an idle poller would keep its slab.
    /// </summary>
    public void BeforeTrim() => _poller.Post(_releaseCache);

    private void Release()
    {
        _poller.Parking?.ReleaseSpare();
        _poller.Bulk?.ReleaseSpare();
        _poller.MemoryPool.FlushCurrentThreadCache();
    }
}
