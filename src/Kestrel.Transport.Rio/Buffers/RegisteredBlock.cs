using System.Buffers;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// The pool's unit: 4 KiB of a slab, page-aligned; or, past the pool's limit, 4 KiB of ordinary pinned memory (an
/// <em>overflow</em> block). Rented by one owner at a time, who disposes it once.
/// </summary>
internal sealed class RegisteredBlock : MemoryManager<byte>, IMemoryOwner<byte>
{
    private nint _address;

    // Only of an overflow block. It is garbage collected, so memory that somebody still reads after the return is stale
    // but never unmapped.
    private readonly byte[]? _overflow;

    // Odd while rented. Counts rents for the metrics and tells a second return, both without an interlocked operation:
    // whoever holds the block is the only one to write it.
    private long _uses;

    /// <summary>A block of a slab.</summary>
    public RegisteredBlock(RegisteredMemoryPool pool, Slab slab, int offset, int link)
    {
        Pool = pool;
        Slab = slab;
        (Id, Offset) = slab.Registration.Of(offset);
        Link = link;
        _address = slab.Address + offset;
    }

    /// <summary>An overflow block.</summary>
    public unsafe RegisteredBlock(RegisteredMemoryPool pool)
    {
        Pool = pool;
        Id = BufferId.Invalid;
        _overflow = GC.AllocateArray<byte>(RegisteredMemoryPool.BlockSize, pinned: true);
        fixed (byte* address = _overflow)
        {
            _address = (nint)address;
        }
    }

    public RegisteredMemoryPool Pool { get; }

    /// <summary>The slab, or null for an overflow block.</summary>
    public Slab? Slab { get; }

    /// <summary>The registration, of the slab or of this block alone, or <see cref="BufferId.Invalid"/>.</summary>
    public BufferId Id { get; }

    /// <summary>Bytes from the start of the registration, or of the slab where there is none.</summary>
    public int Offset { get; }

    public nint Address => _address;

    /// <summary>Names the block in <see cref="SlabTable"/>; 0 for an overflow block.</summary>
    public int Link { get; }

    /// <summary>Whether it is a block of ordinary memory, past the pool's limit.</summary>
    public bool IsOverflow => Link == 0;

    /// <summary>The <see cref="Link"/> of the next block in <see cref="FreeBlocks"/>, 0 at its bottom.</summary>
    public int NextFree { get; set; }

    /// <summary>How many blocks <see cref="FreeBlocks"/> holds from this one down.</summary>
    public int Depth { get; set; }

    /// <summary>The kernel may use it permanently. It is never lent again, and its slab stays.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>An overflow block that counts against the pool's reserve as long as it is rented, and it is rented once.</summary>
    public bool IsOfReserve { get; private set; }

    /// <summary>Written where returned memory is checked.</summary>
    public BlockUse LastUse { get; set; }

    public bool IsRented => (Volatile.Read(ref _uses) & 1) != 0;

    /// <summary>How often the block has been rented.</summary>
    public long Rents => (Volatile.Read(ref _uses) + 1) >> 1;

    public override Memory<byte> Memory => CreateMemory(RegisteredMemoryPool.BlockSize);

    public override unsafe Span<byte> GetSpan() =>
        _overflow is { } overflow ? overflow : new Span<byte>((void*)_address, RegisteredMemoryPool.BlockSize);

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)RegisteredMemoryPool.BlockSize, nameof(elementIndex));
        return new MemoryHandle((byte*)_address + elementIndex, pinnable: this);
    }

    /// <summary>The memory never moves, so there is nothing to undo.</summary>
    public override void Unpin()
    {
    }

    /// <summary>
    /// Returns the block. Implemented anew, since <see cref="MemoryManager{T}"/>'s own goes through
    /// <see cref="GC.SuppressFinalize"/> on every return.
    /// </summary>
    /// <exception cref="InvalidOperationException">The block has been returned already. Best effort.</exception>
    public void Dispose()
    {
        if ((_uses & 1) == 0)
        {
            throw new InvalidOperationException(
                $"{nameof(RegisteredBlock)} at 0x{_address:x} is returned to its pool a second time.");
        }

        Pool.Return(this);
    }

    /// <summary>Called by the pool alone, when the block leaves.</summary>
    public void MarkRented() => _uses++;

    /// <summary>Called by the pool only, before others can rent the block.</summary>
    public void MarkHome() => _uses++;

    /// <summary>Called by the pool alone, while the block is rented.</summary>
    public void MarkOfReserve() => IsOfReserve = true;

    /// <summary>Called by the pool alone, while the block is rented.</summary>
    public void MarkAbandoned() => IsAbandoned = true;

    /// <summary>Called by the pool alone, while the block is home: it is lent to nobody, for ever.</summary>
    public void MarkWithheld()
    {
        MarkRented();
        MarkAbandoned();
    }

    /// <summary>
    /// Called when the slab goes. Code that still uses returned memory then meets a null reference, and not other data at the old address.
    /// A block is smaller than the range that the runtime takes for null.
    /// </summary>
    public void MarkReleased() => _address = 0;

    protected override void Dispose(bool disposing)
    {
        // The interface's Dispose is this type's own; nothing comes here.
    }
}
