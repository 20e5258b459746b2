using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>What is done where memory is short, too much, or lost.</summary>
internal sealed partial class RegisteredMemoryPool
{
    /// <summary>Whether a limit was set, and a little more than it may be had.</summary>
    public bool HasReserve => _reserve is not null;

    /// <summary>
    /// Whether less than half of all memory that may be had is free, so that none should lie in the cache of a thread that application
    /// code may keep. Any thread.
    /// </summary>
    public bool IsScarce
    {
        get
        {
            // Without a limit this is the end of it, and reads nothing that other threads write.
            var (added, addable) = (_source.Added, _source.Addable);
            return addable < added && 2 * (addable + ((long)_free.Count * BlockSize)) < added + addable;
        }
    }

    /// <summary>
    /// Takes the current thread's cache away, empty, until it is handed to <see cref="TakeCacheUp"/> on the same thread. Null where there
    /// is none.
    /// </summary>
    public BlockCache? SetCacheAside()
    {
        FlushCurrentThreadCache();
        var cache = CurrentCache;
        if (cache is not null)
        {
            t_cache = null;
        }

        return cache;
    }

    public static void TakeCacheUp(BlockCache? cache)
    {
        if (cache is not null)
        {
            t_cache = cache;
        }
    }

    /// <summary>
    /// Whether one that has given back all it had may have one block more than the limit allows. Then
    /// <see cref="UseReserve"/> has to follow. Any thread.
    /// </summary>
    public bool TryTakeReserve() => _reserve?.TryTake() ?? false;

    /// <summary>What was taken is this block, until it is returned; or nothing, where it is one that the pool had after all.</summary>
    public void UseReserve(ReadOnlyMemory<byte> memory)
    {
        if (MemoryMarshal.TryGetMemoryManager(memory, out RegisteredBlock? block)
            && ReferenceEquals(block.Pool, this) && block.Link == 0 && !block.IsOfReserve)
        {
            block.MarkOfReserve();
        }
        else
        {
            _reserve!.GiveBack();
        }
    }

    /// <summary>
    /// Whether there is room now. If not, that somebody waits is noted: caches hold nothing back, and
    /// <see cref="RoomReturned"/> is called once there may be room.
    /// </summary>
    public bool RequestRoom()
    {
        if (HasRoom)
        {
            return true;
        }

        // Asked again, since a block that came back before the note was made has told nobody.
        _room.Request();
        return HasRoom;
    }

    /// <summary>
    /// For those that waited too long for a block: a slab beyond the limit, where a provider takes registered memory alone.
    /// Elsewhere they go on with overflow blocks; or with a slab, when the system may have memory again. To be called about once
    /// a second.
    /// </summary>
    public void Relieve()
    {
        if (!_source.AcceptsUnregistered)
        {
            lock (_gate)
            {
                if (!_disposed && !HasRoom && _source.Add() is { } slab)
                {
                    _free.Push(slab.Blocks);
                }
            }
        }

        if (HasRoom)
        {
            _room.Signal();
        }
    }

    /// <summary>
    /// Gives back what has been of no use for two calls, half of it at a time; at least one slab stays. To be called
    /// about every 10 s, by one thread.
    /// </summary>
    public void Trim()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _reclaim.Trim();
        }

        OnFiguresChanged();

        // The one way to notice that the machine may be asked for memory again; and nobody waits for ever.
        if (HasRoom)
        {
            _room.Signal();
        }
    }

    /// <summary>
    /// The block at an address is the kernel's for good, whoever returns it: it counts as rented for ever, and its slab is
    /// neither deregistered nor given back.
    /// </summary>
    public void Abandon(nint address)
    {
        lock (_gate)
        {
            _table.FindAt(address)?.MarkAbandoned();
        }
    }

    // Where a provider receives into registered memory alone, an overflow block is of no use to it.
    private MemoryReserve? CreateReserve(long? maxRegisteredMemory)
        => maxRegisteredMemory is { } limit && _source.AcceptsUnregistered ? new MemoryReserve(limit / BlockSize) : null;
}
