namespace Kestrel.Transport.Rio.Buffers;

/// <summary>The caches of a pool: a thread that is attached has one. The pool's gate is held to attach and to detach.</summary>
internal sealed class ThreadCaches(RegisteredMemoryPool pool, FreeBlocks free, long? maxRegisteredMemory)
{
    // Half of it moves at a time. 64 blocks are 256 KiB a poller that others cannot have, and one swap of a shared word
    // for every 32 blocks that one thread rents and another returns.
    private const int Capacity = 64;

    // Under a limit, blocks in the caches of idle pollers are missing to others: a cache is at most this share of the limit.
    private const int CachesPerLimit = 16;

    [ThreadStatic]
    private static BlockCache? t_cache;

    private readonly int _capacity =
        (int)Math.Clamp((maxRegisteredMemory ?? long.MaxValue) / RegisteredMemoryPool.BlockSize / CachesPerLimit, 2, Capacity);

    private volatile BlockCache[] _caches = [];

    /// <summary>The cache of the calling thread in this pool, or null.</summary>
    public BlockCache? Current => t_cache is { } cache && ReferenceEquals(cache.Pool, pool) ? cache : null;

    /// <summary>How many blocks are in all caches. Any thread.</summary>
    public int Blocks
    {
        get
        {
            var blocks = 0;
            foreach (var cache in _caches)
            {
                blocks += cache.Count;
            }

            return blocks;
        }
    }

    /// <summary>Reattaches a cache that <see cref="SetAside"/> has detached from this thread.</summary>
    public static void TakeUp(BlockCache? cache)
    {
        if (cache is not null)
        {
            t_cache = cache;
        }
    }

    /// <exception cref="InvalidOperationException">The thread is attached to a pool.</exception>
    public BlockCache Attach()
    {
        if (t_cache is not null)
        {
            throw new InvalidOperationException("This thread is attached to a memory pool already.");
        }

        var cache = new BlockCache(pool, free, _capacity);
        _caches = [.. _caches, cache];
        t_cache = cache;
        return cache;
    }

    /// <summary>Whether the cache is the calling thread's. One that was detached is no thread's.</summary>
    /// <exception cref="InvalidOperationException">Another thread is attached to it.</exception>
    public bool MayDetach(BlockCache cache)
    {
        if (ReferenceEquals(t_cache, cache))
        {
            return true;
        }

        // Twice is fine; elsewhere would take blocks from under another thread's hands.
        return Array.IndexOf(_caches, cache) < 0
            ? false
            : throw new InvalidOperationException("A thread's attachment to the memory pool is ended on that thread.");
    }

    /// <summary>Ends the attachment of the calling thread. The cache must be empty.</summary>
    public void Detach(BlockCache cache)
    {
        t_cache = null;
        _caches = Array.FindAll(_caches, other => !ReferenceEquals(other, cache));
    }

    /// <summary>Detaches the calling thread until <see cref="TakeUp"/>. The cache must be empty. Null where there is none.</summary>
    public BlockCache? SetAside()
    {
        var cache = Current;
        if (cache is not null)
        {
            t_cache = null;
        }

        return cache;
    }
}
