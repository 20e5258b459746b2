using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// Blocks beyond the limit, for connections that return what they get. Connections that hold half a message each can hold all memory, and
/// then those behind them get no further. Any thread.
/// </summary>
internal sealed class MemoryReserve(RegisteredMemoryPool pool, long blocksOfLimit)
{
    private const int LimitsPerReserve = 16;
    private const int MinBlocks = 4;

    private readonly int _blocks = (int)Math.Clamp(blocksOfLimit / LimitsPerReserve, MinBlocks, int.MaxValue);
    private int _taken;

    /// <summary>Takes one block of the reserve. <see cref="Use"/> must follow.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= _blocks)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }

    /// <summary>The block that was taken is this one, until it is returned. Where the pool had one after all, nothing was taken.</summary>
    public void Use(ReadOnlyMemory<byte> memory)
    {
        if (MemoryMarshal.TryGetMemoryManager(memory, out RegisteredBlock? block)
            && ReferenceEquals(block.Pool, pool) && block.IsOverflow && !block.IsOfReserve)
        {
            block.MarkOfReserve();
        }
        else
        {
            Return();
        }
    }

    /// <summary>Returns a block. True when all blocks were taken, so that a connection may wait for one.</summary>
    public bool Return() => Interlocked.Decrement(ref _taken) == _blocks - 1;
}
