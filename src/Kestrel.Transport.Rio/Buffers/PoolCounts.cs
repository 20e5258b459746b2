namespace Kestrel.Transport.Rio.Buffers;

/// <summary>What a pool has and has lent. Any thread; while others rent and return, right to a few blocks.</summary>
internal sealed class PoolCounts(
    SlabTable table, FreeBlocks free, SlabSource source, SlabReclaim reclaim, ThreadCaches caches, OverflowBlocks overflow, int blocksPerSlab)
{
    private const int BlockSize = RegisteredMemoryPool.BlockSize;

    public long SlabCount => table.Count;

    public long RegisteredBytes => source.RegisteredBytes;

    /// <summary>Bytes of slabs that the machine refused to register, and of overflow blocks that are rented.</summary>
    public long UnregisteredBytes => source.UnregisteredBytes + (overflow.Rented * BlockSize);

    /// <summary>Blocks that can be rented without adding a slab, those in caches included.</summary>
    public long PooledBlocks => free.Count + reclaim.Aside + caches.Blocks;

    /// <summary>Blocks that are with a renter.</summary>
    public long RentedBlocks => Math.Max(0, ((long)table.Count * blocksPerSlab) - PooledBlocks) + overflow.Rented;

    /// <summary>Reads the figures for the metrics. The pool's gate is held.</summary>
    public PoolFigures Read(bool isDisposed)
    {
        var rents = overflow.Rents;
        return new PoolFigures(
            Pooled: isDisposed ? 0 : PooledBlocks * BlockSize,
            Allocated: source.AllocatedBytes + (rents * BlockSize),
            Evicted: source.ReleasedBytes + ((rents - overflow.Rented) * BlockSize),
            Rented: (source.Rents + rents) * BlockSize);
    }
}
