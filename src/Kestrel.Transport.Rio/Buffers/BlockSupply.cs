namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Where a pool takes its blocks from: a thread's cache, the shared blocks, a new slab. Any thread.</summary>
/// <param name="pool">The pool.</param>
/// <param name="gate">Held to add a slab.</param>
/// <param name="free">The shared blocks.</param>
/// <param name="source">Adds slabs.</param>
/// <param name="reclaim">May hold shared blocks for a moment.</param>
/// <param name="returned">Checks returned blocks, or null.</param>
internal sealed class BlockSupply(
    RegisteredMemoryPool pool, Lock gate, FreeBlocks free, SlabSource source, SlabReclaim reclaim, ReturnedBlocks? returned)
{
    /// <summary>Takes a block that was not written to after its return; null when there may be no more.</summary>
    public RegisteredBlock? Take(BlockCache? cache)
    {
        while (true)
        {
            var block = cache?.Take() ?? TakeShared(cache);
            if (block is null || returned is null || returned.IsSound(block))
            {
                return block;
            }

            // Permanently lent to nobody.
            block.MarkWithheld();
        }
    }

    /// <summary>Takes a block from the shared ones or from a new slab; null when there may be no more.</summary>
    private RegisteredBlock? TakeShared(BlockCache? cache)
    {
        var block = TakeFree(cache);
        if (block is not null || !(reclaim.IsSorting || source.CanAdd))
        {
            return block;
        }

        lock (gate)
        {
            ObjectDisposedException.ThrowIf(pool.IsDisposed, pool);
            block = TakeFree(cache);
            if (block is null && source.TryAdd() is { } slab)
            {
                block = slab.Blocks[^1];
                free.Push(slab.Blocks.AsSpan(0, slab.Blocks.Length - 1));
            }
        }

        pool.Room.Signal();
        return block;
    }

    private RegisteredBlock? TakeFree(BlockCache? cache) => cache is null ? free.Pop() : cache.Refill();
}
