namespace Kestrel.Transport.Rio.Polling;

/// <summary>A poller's connections that wait for registered memory, the longest waiting first.</summary>
internal sealed class StarvedQueue
{
    private readonly CompletionPoller _poller;
    private readonly Queue<IStarved> _waiting = new();
    private readonly PollerAction _retry;
    private readonly PollerAction _relieve;
    private int _count;

    public StarvedQueue(CompletionPoller poller)
    {
        _poller = poller;
        _retry = new PollerAction(Retry);
        _relieve = new PollerAction(Relieve);
    }

    /// <summary>Tries again when there may be memory. The poller's thread only.</summary>
    public void Add(IStarved starved)
    {
        _waiting.Enqueue(starved);
        Volatile.Write(ref _count, _waiting.Count);
        if (_poller.MemoryPool.RequestRoom())
        {
            // It came back in between, or others had it and the machine may still give more.
            OnRoomReturned();
        }
    }

    /// <summary>There may be registered memory again. Any thread, and it may hold locks of pipes: this only posts.</summary>
    public void OnRoomReturned() => _poller.Post(_retry);

    /// <summary>
    /// To be called about once a second, by any thread: when every block holds a message that cannot end without one more,
    /// nothing comes back by itself. So the one that has waited longest goes on beyond the limit; and where a provider takes
    /// registered memory alone, the pool does, by a slab.
    /// </summary>
    public void RelieveOne()
    {
        if (Volatile.Read(ref _count) > 0)
        {
            _poller.Post(_relieve);
        }
    }

    private void Retry()
    {
        // Those that find no memory again come back to the end of the queue, and ask the pool to be called again.
        for (var left = _waiting.Count; left > 0; left--)
        {
            _waiting.Dequeue().Retry(evenWithoutRoom: false);
        }

        Volatile.Write(ref _count, _waiting.Count);
    }

    private void Relieve()
    {
        if (_waiting.Count > 0)
        {
            _poller.MemoryPool.Relieve();
        }

        while (_waiting.TryDequeue(out var longest) && !longest.Retry(evenWithoutRoom: true))
        {
            // Its connection has ended while it waited; the turn is the next one's.
        }

        Volatile.Write(ref _count, _waiting.Count);
    }
}
