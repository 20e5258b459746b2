namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// How many blocks beyond the limit those may have who give back what they get. Connections that hold half a message each can
/// hold all memory, and then nobody gets on who has to queue behind them. Any thread.
/// </summary>
internal sealed class MemoryReserve(long blocksOfLimit)
{
    private const int LimitsPerReserve = 16;
    private const int MinBlocks = 4;

    private readonly int _blocks = (int)Math.Clamp(blocksOfLimit / LimitsPerReserve, MinBlocks, int.MaxValue);
    private int _taken;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= _blocks)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }

    /// <summary>True when all of it was taken, and somebody may wait for it.</summary>
    public bool GiveBack() => Interlocked.Decrement(ref _taken) == _blocks - 1;
}
