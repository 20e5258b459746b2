using System.Diagnostics;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// A poller's own blocks: last in, first out, no lock and no interlocked operation. Owned by the thread that attached it;
/// <see cref="Count"/> may be read by others.
/// </summary>
internal sealed class BlockCache : IDisposable
{
    private readonly RegisteredBlock[] _blocks;
    private readonly FreeBlocks _free;
    private int _count;

    public BlockCache(RegisteredMemoryPool pool, FreeBlocks free, int capacity)
    {
        Pool = pool;
        _free = free;
        _blocks = new RegisteredBlock[capacity];
    }

    public RegisteredMemoryPool Pool { get; }

    public int Count => Volatile.Read(ref _count);

    public RegisteredBlock? Take()
    {
        var last = _count - 1;
        if (last < 0)
        {
            return null;
        }

        // What was taken stays in the array: the slab keeps the block anyway, and clearing it would be one more write.
        _count = last;
        return _blocks[last];
    }

    /// <summary>Takes half a cache from the shared blocks and gives one of them.</summary>
    public RegisteredBlock? Refill()
    {
        _count = _free.Pop(_blocks.AsSpan(0, _blocks.Length / 2));
        return Take();
    }

    /// <summary>False when the cache is full.</summary>
    public bool TryPut(RegisteredBlock block)
    {
        var blocks = _blocks;
        var count = _count;
        if ((uint)count >= (uint)blocks.Length)
        {
            return false;
        }

        blocks[count] = block;
        _count = count + 1;
        return true;
    }

    /// <summary>Gives the older half of a full cache to the other threads.</summary>
    public void SpillHalf()
    {
        Debug.Assert(_count == _blocks.Length, "Behind what the cache holds are blocks that others have by now.");
        var half = _blocks.Length / 2;
        _free.Push(_blocks.AsSpan(0, half));
        _blocks.AsSpan(half, _count - half).CopyTo(_blocks);
        _count -= half;
    }

    /// <summary>Gives all of it to the other threads. True when there was something.</summary>
    public bool Spill()
    {
        var count = _count;
        _free.Push(_blocks.AsSpan(0, count));
        _count = 0;

        // Here the stale references go too, so that a slab's blocks do not outlive it for longer than until now.
        Array.Clear(_blocks);
        return count != 0;
    }

    /// <summary>Detaches the cache from its thread, which must be the current one.</summary>
    public void Dispose() => Pool.Detach(this);
}
