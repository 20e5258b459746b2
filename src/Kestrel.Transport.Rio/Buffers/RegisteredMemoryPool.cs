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
internal sealed partial class RegisteredMemoryPool : MemoryPool<byte>
{
    public const int BlockSize = 4096;

    // Half of it moves at a time. 64 blocks are 256 KiB a poller that others cannot have, and one swap of a shared word
    // for every 32 blocks that one thread rents and another returns.
    private const int CacheCapacity = 64;

    // Under a limit, what sits in the caches of idle pollers is what others wait for: a cache is at most this share of it.
    private const int CachesPerLimit = 16;

    [ThreadStatic]
    private static BlockCache? t_cache;

    private readonly Lock _gate = new();
    private readonly SlabTable _table;
    private readonly FreeBlocks _free;
    private readonly SlabSource _source;
    private readonly SlabReclaim _reclaim;
    private readonly PoolMetrics? _metrics;
    private readonly RoomSignal _room = new();
    private readonly IBlockObserver? _observer;
    private readonly INativeMemory _memory;
    private readonly ReturnedBlocks? _returned;
    private readonly MemoryReserve? _reserve;
    private readonly ILogger _logger;
    private readonly int _blocksPerSlab;
    private readonly int _cacheCapacity;

    private volatile BlockCache[] _caches = [];
    private volatile bool _disposed;
    private long _overflowRented;
    private long _overflowRents;

    public RegisteredMemoryPool(
        RegisteredIo io,
        int slabSize,
        long? maxRegisteredMemory,
        IMeterFactory? meterFactory,
        ILogger logger,
        TimeProvider? timeProvider = null,
        IBlockObserver? observer = null,
        RegistrationGranularity granularity = RegistrationGranularity.Slab,
        ReturnedMemory returnedMemory = ReturnedMemory.Kept,
        INativeMemory? memory = null)
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
        _cacheCapacity = (int)Math.Clamp((maxRegisteredMemory ?? long.MaxValue) / BlockSize / CachesPerLimit, 2, CacheCapacity);
        _table = new SlabTable(_blocksPerSlab);
        _free = new FreeBlocks(_table);
        _memory = memory ?? SystemMemory.Instance;
        _source = new SlabSource(
            this, io, _memory, _table, slabSize, maxRegisteredMemory, granularity, logger, timeProvider ?? TimeProvider.System);
        _returned = ReturnedBlocks.Create(returnedMemory, logger);
        _reclaim = new SlabReclaim(_table, _free, _source, _returned, _blocksPerSlab, logger);
        _metrics = meterFactory is null ? null : PoolMetrics.TryCreate(meterFactory, logger);
        _observer = observer;
        _reserve = CreateReserve(maxRegisteredMemory);
        _logger = logger;
        ClearsReturned = returnedMemory == ReturnedMemory.Cleared;
    }

    public override int MaxBufferSize => BlockSize;

    /// <summary>Memory that was used for a connection is to be cleared before it is used for another one.</summary>
    public bool ClearsReturned { get; }

    /// <summary>Called by <see cref="RequestRoom"/> when there is none: the owner has every poller flush its cache.</summary>
    /// <remarks>Set before the pool is used. Runs on the caller's thread.</remarks>
    public Action? RoomWanted { get => _room.Wanted; set => _room.Wanted = value; }

    /// <summary>
    /// Called once after a <see cref="RequestRoom"/> that was false, when there may be room again. The owner wakes the
    /// pollers that wait.
    /// </summary>
    /// <remarks>
    /// Set before the pool is used. Runs on the thread that returned a block, which may hold locks of the application's
    /// pipes: post and wake only.
    /// </remarks>
    public Action? RoomReturned { get => _room.Returned; set => _room.Returned = value; }

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
    public bool HasRoom => !_disposed && (CurrentCache is { Count: > 0 } || !_free.IsEmpty || _reclaim.IsSorting || _source.CanAdd);

    /// <summary>Whether the blocks there are are all there will be, so that none should lie idle. Any thread.</summary>
    public bool IsAtLimit => !_source.CanAdd;

    private BlockCache? CurrentCache => t_cache is { } cache && ReferenceEquals(cache.Pool, this) ? cache : null;

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
        var cache = CurrentCache;
        return Lend(TakeSound(cache) ?? MakeOverflow());
    }

    /// <summary>Lends a block of a slab, or says false where <see cref="Rent"/> would give an overflow block.</summary>
    public bool TryRentRegistered([NotNullWhen(true)] out RegisteredBlock? block)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var cache = CurrentCache;
        block = TakeSound(cache);
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
        if (t_cache is not null)
        {
            throw new InvalidOperationException("This thread is attached to a memory pool already.");
        }

        var cache = new BlockCache(this, _free, _cacheCapacity);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _caches = [.. _caches, cache];
        }

        t_cache = cache;
        return cache;
    }

    /// <summary>Called by the cache alone.</summary>
    public void Detach(BlockCache cache)
    {
        if (!ReferenceEquals(t_cache, cache))
        {
            // Twice is fine; elsewhere would take blocks from under another thread's hands.
            if (Array.IndexOf(_caches, cache) < 0)
            {
                return;
            }

            throw new InvalidOperationException("A thread's attachment to the memory pool is ended on that thread.");
        }

        FlushCurrentThreadCache();
        t_cache = null;
        lock (_gate)
        {
            _caches = Array.FindAll(_caches, other => !ReferenceEquals(other, cache));
        }
    }

    /// <summary>Gives the blocks in this thread's cache to the other threads.</summary>
    public void FlushCurrentThreadCache()
    {
        if (CurrentCache is { } cache && cache.Spill())
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
        if (CurrentCache is not { } cache || block.Link == 0 || _room.IsWanted)
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
            _reclaim.ReleaseAll(_caches.Sum(cache => cache.Count));
            TellIfEmpty();
        }

        _returned?.CheckOverflow(left: 0);
        OnFiguresChanged();
    }

    private RegisteredBlock Lend(RegisteredBlock block)
    {
        block.MarkRented();
        _observer?.OnRented(block.Address, BlockSize);
        return block;
    }

    /// <summary>A block from the cache, the shared ones or a new slab; null when there may be no more.</summary>
    private RegisteredBlock? TakeSound(BlockCache? cache)
    {
        while (true)
        {
            var block = cache?.Take() ?? TakeShared(cache);
            if (block is null || _returned is null || _returned.IsSound(block))
            {
                return block;
            }

            // Lent to nobody, for ever.
            block.MarkWithheld();
        }
    }

    /// <summary>A block from the shared ones or from a new slab; null when there may be no more.</summary>
    private RegisteredBlock? TakeShared(BlockCache? cache)
    {
        var block = TakeFree(cache);
        if (block is not null || !(_reclaim.IsSorting || _source.CanAdd))
        {
            return block;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            block = TakeFree(cache);
            if (block is null && _source.TryAdd() is { } slab)
            {
                block = slab.Blocks[^1];
                _free.Push(slab.Blocks.AsSpan(0, slab.Blocks.Length - 1));
            }
        }

        _room.Signal();
        return block;
    }

    private RegisteredBlock? TakeFree(BlockCache? cache) => cache is null ? _free.Pop() : cache.Refill();

    private RegisteredBlock MakeOverflow()
    {
        Interlocked.Increment(ref _overflowRented);
        Interlocked.Increment(ref _overflowRents);
        return new RegisteredBlock(this);
    }

    private void ReturnShared(RegisteredBlock block)
    {
        if (block.Link == 0)
        {
            Interlocked.Decrement(ref _overflowRented);
            if (block.IsOfReserve && _reserve!.GiveBack())
            {
                _room.Signal();
            }

            return;
        }

        _free.Push(block);
        AfterPush();
    }

    private void AfterPush()
    {
        // The swap that pushed was a full fence; so either we see the flag here, or its setter sees our blocks.
        _room.Signal();
        if (_disposed)
        {
            lock (_gate)
            {
                _reclaim.CollectLate();
                TellIfEmpty();
            }

            OnFiguresChanged();
        }
    }

    private void TellIfEmpty()
    {
        if (_table.Count == 0 && Emptied is { } emptied)
        {
            Emptied = null;
            emptied();
        }
    }
}
