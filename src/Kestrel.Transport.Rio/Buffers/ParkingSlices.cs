using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// Small slices of blocks, several to a block, in which idle connections wait for their next bytes where a provider can wait
/// only with memory in hand. Not thread-safe: a poller's own.
/// </summary>
internal sealed class ParkingSlices
{
    private readonly RegisteredMemoryPool _pool;
    private readonly int _slicesPerBlock;

    // Blocks that have a free slice; the last one is filled first.
    private readonly List<ParkingBlock> _open = [];

    /// <param name="pool">Gives the blocks.</param>
    /// <param name="sliceSize">Bytes of a slice.</param>
    /// <param name="granularity">
    /// With <see cref="RegistrationGranularity.Block"/> one slice has a block, and so a registration, to itself.
    /// </param>
    public ParkingSlices(
        RegisteredMemoryPool pool, int sliceSize, RegistrationGranularity granularity = RegistrationGranularity.Slab)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sliceSize, ParkingBlock.MinSliceSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sliceSize, RegisteredMemoryPool.BlockSize);
        _pool = pool;
        SliceSize = sliceSize;
        _slicesPerBlock = granularity == RegistrationGranularity.Block ? 1 : RegisteredMemoryPool.BlockSize / sliceSize;
    }

    public int SliceSize { get; }

    /// <summary>Slices that are in use.</summary>
    public int Taken { get; private set; }

    /// <summary>A slice; or false when there is no registered memory left.</summary>
    public bool TryTake(out ParkingSlice slice)
    {
        slice = default;
        if (_open.Count == 0 && !TryOpen())
        {
            return false;
        }

        var block = _open[^1];
        slice = block.Take();
        Taken++;
        if (block.IsFull)
        {
            _open.RemoveAt(_open.Count - 1);
        }

        return true;
    }

    /// <summary>Gives a slice back. A block goes back to the pool with its last one, unless it is the only one with room.</summary>
    public void Return(in ParkingSlice slice)
    {
        if (_pool.ClearsReturned)
        {
            Clear(slice.Buffer);
        }

        var block = slice.Block!;
        var wasFull = block.IsFull;
        block.Return(slice);
        Taken--;
        if (wasFull)
        {
            _open.Add(block);
        }

        if (block.IsEmpty && _open.Count > 1)
        {
            Close(block);
        }
    }

    /// <summary>Returns the block that is held only for the next connection, when another poller needs memory.</summary>
    public void ReleaseSpare()
    {
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            if (_open[i].IsEmpty)
            {
                Close(_open[i]);
            }
        }
    }

    private bool TryOpen()
    {
        if (!_pool.TryRentRegistered(out var block))
        {
            return false;
        }

        if (!_pool.TryGetBuffer(block.Memory, out var buffer, BlockUse.Receive))
        {
            block.Dispose();
            return false;
        }

        _open.Add(new ParkingBlock(block, buffer, SliceSize, _slicesPerBlock));
        return true;
    }

    private static unsafe void Clear(in RioBuffer buffer) => new Span<byte>((void*)buffer.Address, buffer.Length).Clear();

    private void Close(ParkingBlock block)
    {
        _open.Remove(block);
        block.Dispose();
    }
}
