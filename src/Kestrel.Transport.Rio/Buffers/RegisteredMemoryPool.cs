using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// Memory of 4 KiB blocks that the kernel knows: cut from slabs, each registered once. Any thread rents and returns;
/// pollers do it through a cache of their own.
/// </summary>
/// <remarks>
/// A block is in exactly one place: with its renter, in a poller's <see cref="BlockCache"/>, or in the shared
/// <see cref="FreeBlocks"/>. A slab goes only when all its blocks are in the last of these. <see cref="_gate"/> is taken
/// to add and to release slabs, never to rent or return.
/// </remarks>
internal sealed class RegisteredMemoryPool : MemoryPool<byte>
{
    public const int BlockSize = 4096;

    private readonly Lock _gate = new();
    private readonly SlabTable _table;
    private readonly FreeBlocks _free;
    private readonly SlabSource _source;
    private readonly SlabReclaim _reclaim;
    private readonly PoolReport _report;
    private readonly ThreadCaches _caches;
    private readonly OverflowBlocks _overflow;
    private readonly BlockSupply _supply;
    private readonly IBlockObserver? _observer;
    private readonly INativeMemory _memory;
    private readonly ReturnedBlocks? _returned;
    private readonly ILogger _logger;
    private readonly int _blocksPerSlab;

    private volatile bool _disposed;

    public RegisteredMemoryPool(
        RegisteredIo io, int slabSize, long? maxRegisteredMemory, IMeterFactory? meterFactory, ILogger logger,
        TimeProvider? timeProvider = null, IBlockObserver? observer = null, RegistrationGranularity granularity = RegistrationGranularity.Slab,
        ReturnedMemory returnedMemory = ReturnedMemory.Kept, INativeMemory? memory = null)
    {
        ArgumentNullException.ThrowIfNull(io);
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentOutOfRangeException.ThrowIfLessThan(slabSize, BlockSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(slabSize % BlockSize, 0, nameof(slabSize));
        if (maxRegisteredMemory is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, slabSize, nameof(maxRegisteredMemory));
        }

        _blocksPerSlab = slabSize / BlockSize;
        _table = new SlabTable(_blocksPerSlab);
        _free = new FreeBlocks(_table);
        _memory = memory ?? SystemMemory.Instance;
        _source = new SlabSource(
            this, io, _memory, _table, slabSize, maxRegisteredMemory, granularity, logger, timeProvider ?? TimeProvider.System);
        _returned = ReturnedBlocks.Create(returnedMemory, logger);
        _reclaim = new SlabReclaim(_table, _free, _source, _returned, _blocksPerSlab, logger);
        _caches = new ThreadCaches(this, _free, maxRegisteredMemory);
        _supply = new BlockSupply(this, _gate, _free, _source, _reclaim, _returned);
        _overflow = new OverflowBlocks(this);
        Counts = new PoolCounts(_table, _free, _source, _reclaim, _caches, _overflow, _blocksPerSlab);
        _report = new PoolReport(meterFactory is null ? null : PoolMetrics.TryCreate(meterFactory, logger), ReadFigures);
        _observer = observer;

        // Where a provider receives into registered memory alone, an overflow block is of no use to it.
        Reserve = maxRegisteredMemory is { } max && _source.AcceptsUnregistered ? new MemoryReserve(this, max / BlockSize) : null;
        _logger = logger;
        ClearsReturned = returnedMemory == ReturnedMemory.Cleared;
    }

    public override int MaxBufferSize => BlockSize;

    /// <summary>Memory of one connection must be cleared before another one uses it.</summary>
    public bool ClearsReturned { get; }

    /// <summary>Any thread.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>Whether a thread waits for a block, and whom to notify.</summary>
    public RoomSignal Room { get; } = new();

    /// <summary>Blocks beyond the limit; null where no limit was set, or the provider takes registered memory alone.</summary>
    public MemoryReserve? Reserve { get; }

    /// <summary>
    /// Called once, when the pool has been disposed and its last slab has gone back: within <see cref="MemoryPool{T}.Dispose()"/>, or
    /// on the thread that returns the last block later. The owner lets go of the provider.
    /// </summary>
    /// <remarks>Set before the pool is disposed.</remarks>
    public Action? Emptied { get; set; }

    /// <summary>
    /// Whether this thread would get a block of a slab: one is free, or a slab may still be added. Any thread; a moment
    /// later it may be otherwise.
    /// </summary>
    public bool HasRoom => !_disposed && (_caches.Current is { Count: > 0 } || !_free.IsEmpty || _reclaim.IsSorting || _source.CanAdd);

    /// <summary>Whether the blocks there are are all there will be, so that none should lie idle. Any thread.</summary>
    public bool IsAtLimit => !_source.CanAdd;

    /// <summary>What the pool has and has lent.</summary>
    public PoolCounts Counts { get; }

    /// <summary>Reports the figures.</summary>
    public PoolReport Report => _report;

    /// <summary>Lends a block; past the limit one of ordinary memory, so that what the application writes never fails.</summary>
    public override RegisteredBlock Rent(int minBufferSize = -1)
    {
        // One comparison for "below -1" and "too large".
        if ((uint)(minBufferSize + 1) > BlockSize + 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(minBufferSize), minBufferSize, $"The pool's blocks have {BlockSize} bytes.");
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        return Lend(_supply.Take(_caches.Current) ?? _overflow.Make());
    }

    /// <summary>Lends a block of a slab, or says false where <see cref="Rent"/> would give an overflow block.</summary>
    public bool TryRentRegistered([NotNullWhen(true)] out RegisteredBlock? block)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        block = _supply.Take(_caches.Current);
        if (block is null)
        {
            return false;
        }

        Lend(block);
        return true;
    }

    /// <summary>
    /// The request buffer over memory of this pool. False for foreign and for empty memory, and for blocks that are not
    /// registered where the provider takes none: copy those.
    /// </summary>
    public bool TryGetBuffer(ReadOnlyMemory<byte> memory, out RioBuffer buffer, BlockUse use = BlockUse.None)
    {
        if (!MemoryMarshal.TryGetMemoryManager(memory, out RegisteredBlock? block, out var start, out var length)
            || !ReferenceEquals(block.Pool, this)
            || length == 0
            || (!block.Id.IsValid && !_source.AcceptsUnregistered))
        {
            buffer = default;
            return false;
        }

        Debug.Assert(block.IsRented, "A request over memory that has been returned.");
        if (_returned is not null)
        {
            block.LastUse = use;
        }

        buffer = new RioBuffer(block.Id, block.Offset + start, length, block.Address + start);
        return true;
    }

    /// <summary>Buffers for one poller, of the same memory and treated alike.</summary>
    public BulkBuffers CreateBulkBuffers() => new(_memory, _returned, _logger);

    /// <summary>
    /// Gives the current thread a cache, until the result is disposed on this thread. For pollers: a thread that rents and
    /// returns all the time and says when it stops.
    /// </summary>
    public IDisposable AttachToCurrentThread()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _caches.Attach();
        }
    }

    /// <summary>Called by the cache alone.</summary>
    public void Detach(BlockCache cache)
    {
        if (_caches.MayDetach(cache))
        {
            FlushCurrentThreadCache();
            lock (_gate)
            {
                _caches.Detach(cache);
            }
        }
    }

    /// <summary>Gives the blocks in this thread's cache to the other threads.</summary>
    public void FlushCurrentThreadCache()
    {
        if (_caches.Current is { } cache && cache.Spill())
        {
            AfterPush();
        }
    }

    /// <summary>Called by the block alone.</summary>
    public void Return(RegisteredBlock block)
    {
        if (block.IsAbandoned)
        {
            return;
        }

        _returned?.OnReturned(block);
        _observer?.OnReturned(block.Address, BlockSize);
        block.MarkHome();

        // Whether somebody waits is asked once: it may change at any moment, and half the cache is given away only when
        // the cache was found full.
        if (_caches.Current is not { } cache || block.IsOverflow || Room.IsWanted)
        {
            ReturnShared(block);
        }
        else if (!cache.TryPut(block))
        {
            cache.SpillHalf();
            cache.TryPut(block);
            AfterPush();
        }
    }

    /// <summary>Whether less than half of all memory is free, so that none should lie in the cache of a thread that may block. Any thread.</summary>
    public bool IsScarce
    {
        get
        {
            // Without a limit this is the end of it, and reads nothing that other threads write.
            var (added, addable) = (_source.Added, _source.Addable);
            return addable < added && 2 * (addable + ((long)_free.Count * BlockSize)) < added + addable;
        }
    }

    /// <summary>Returns the blocks of this thread's cache, and detaches it until <see cref="ThreadCaches.TakeUp"/> on the same thread.</summary>
    public BlockCache? SetCacheAside()
    {
        FlushCurrentThreadCache();
        return _caches.SetAside();
    }

    /// <summary>
    /// Whether there is room now. If not, that somebody waits is noted: caches hold nothing back, and
    /// <see cref="RoomSignal.Returned"/> is called once there may be room.
    /// </summary>
    public bool RequestRoom()
    {
        if (HasRoom)
        {
            return true;
        }

        // Asked again: a block that came back before the request has notified nobody.
        Room.Request();
        return HasRoom;
    }

    /// <summary>
    /// Helps connections that waited too long, by a slab beyond the limit where a provider takes registered memory alone. Elsewhere they
    /// go on with overflow blocks. To be called about once a second.
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
            Room.Signal();
        }
    }

    /// <summary>
    /// Returns half of the memory that was unused for two calls to the system. At least one slab stays. To be called about every 10 s, by
    /// one thread.
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

        _report.OnChanged();

        // The one way to notice that the machine may have memory again.
        if (HasRoom)
        {
            Room.Signal();
        }
    }

    /// <summary>The kernel may use the block at this address permanently. It counts as rented, and its slab stays registered.</summary>
    public void Abandon(nint address)
    {
        lock (_gate)
        {
            _table.FindAt(address)?.MarkAbandoned();
        }
    }

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            // Before the blocks are collected: who pushes later sees it and collects again.
            _disposed = true;
            Interlocked.MemoryBarrier();
            _reclaim.ReleaseAll(_caches.Blocks);
            NotifyIfEmpty();
        }

        _returned?.CheckOverflow(left: 0);
        _report.OnChanged();
    }

    private PoolFigures ReadFigures()
    {
        lock (_gate)
        {
            return Counts.Read(_disposed);
        }
    }

    private RegisteredBlock Lend(RegisteredBlock block)
    {
        block.MarkRented();
        _observer?.OnRented(block.Address, BlockSize);
        return block;
    }

    private void ReturnShared(RegisteredBlock block)
    {
        if (block.IsOverflow)
        {
            _overflow.Return();
            if (block.IsOfReserve && Reserve!.Return())
            {
                Room.Signal();
            }

            return;
        }

        _free.Push(block);
        AfterPush();
    }

    private void AfterPush()
    {
        // The swap that pushed was a full fence; so either we see the flag here, or its setter sees our blocks.
        Room.Signal();
        if (_disposed)
        {
            lock (_gate)
            {
                _reclaim.CollectLate();
                NotifyIfEmpty();
            }

            _report.OnChanged();
        }
    }

    private void NotifyIfEmpty()
    {
        if (_table.Count == 0 && Emptied is { } emptied)
        {
            Emptied = null;
            emptied();
        }
    }
}
