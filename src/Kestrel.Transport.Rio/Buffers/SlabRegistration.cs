using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>How a slab is registered: in one piece, block by block, or not at all.</summary>
internal sealed class SlabRegistration(BufferId[] ids)
{
    public static SlabRegistration None { get; } = new([]);

    public bool Exists => ids.Length > 0;

    public ReadOnlySpan<BufferId> Ids => ids;

    /// <summary>The registration of a block, and where in it the block begins.</summary>
    public (BufferId Id, int Offset) Of(int offsetInSlab) => ids.Length switch
    {
        0 => (BufferId.Invalid, offsetInSlab),
        1 => (ids[0], offsetInSlab),
        _ => (ids[offsetInSlab / RegisteredMemoryPool.BlockSize], 0),
    };
}
