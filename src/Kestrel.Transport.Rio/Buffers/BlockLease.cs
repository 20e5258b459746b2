using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>One rent of a block, to ask later whether it still lasts.</summary>
internal readonly struct BlockLease(RegisteredBlock block)
{
    private readonly RegisteredBlock? _block = block;
    private readonly long _rent = block.Rents;

    /// <summary>The rent of the block that memory is of; none for foreign memory.</summary>
    public static BlockLease Of(ReadOnlyMemory<byte> memory)
        => MemoryMarshal.TryGetMemoryManager(memory, out RegisteredBlock? block) ? new BlockLease(block) : default;

    /// <summary>Whether the block is still with the one who had it then. Any thread; a moment later it may be otherwise.</summary>
    public bool IsHeld => _block is not null && _block.IsRented && _block.Rents == _rent;
}
