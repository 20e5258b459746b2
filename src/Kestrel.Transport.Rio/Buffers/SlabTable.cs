using System.Numerics;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// From a block's link, a number of 32 bits, to the block: what a compare-and-swap can carry together with a tag. Read
/// by any thread; changed under the pool's lock.
/// </summary>
internal sealed class SlabTable
{
    private readonly int _shift;
    private Slab?[] _slabs = new Slab?[8];

    public SlabTable(int blocksPerSlab) => _shift = ShiftOf(blocksPerSlab);

    public int Count { get; private set; }

    /// <summary>The slabs there are, with nulls between them. A snapshot only under the pool's lock.</summary>
    public ReadOnlySpan<Slab?> Slabs => Volatile.Read(ref _slabs);

    public static int ShiftOf(int blocksPerSlab) => 32 - BitOperations.LeadingZeroCount((uint)(blocksPerSlab - 1));

    /// <summary>0 is no block, so that a cleared stack is an empty one.</summary>
    public static int LinkOf(int slabNumber, int block, int shift) => checked((slabNumber << shift) + block + 1);

    /// <summary>
    /// The block, or null when the link is stale: its slab has gone, or is newer than the table that this thread sees.
    /// </summary>
    public RegisteredBlock? Find(int link)
    {
        var index = link - 1;
        var number = index >> _shift;
        var slabs = Volatile.Read(ref _slabs);
        return (uint)number < (uint)slabs.Length && slabs[number] is { } slab
            ? slab.Blocks[index & ((1 << _shift) - 1)]
            : null;
    }

    /// <summary>The block at an address, by a search: for the rare case that nothing but the address is known.</summary>
    public RegisteredBlock? FindAt(nint address)
    {
        foreach (var slab in _slabs)
        {
            if (slab is not null && address >= slab.Address && address < slab.Address + slab.Length)
            {
                return slab.Blocks[(address - slab.Address) / RegisteredMemoryPool.BlockSize];
            }
        }

        return null;
    }

    public int NextNumber()
    {
        var free = Array.IndexOf(_slabs, null);
        return free < 0 ? _slabs.Length : free;
    }

    public void Add(Slab slab)
    {
        var slabs = _slabs;
        if (slab.Number == slabs.Length)
        {
            Array.Resize(ref slabs, slabs.Length * 2);
        }

        Volatile.Write(ref slabs[slab.Number], slab);
        Volatile.Write(ref _slabs, slabs);
        Count++;
    }

    public void Remove(Slab slab)
    {
        Volatile.Write(ref _slabs[slab.Number], null);
        Count--;
    }
}
