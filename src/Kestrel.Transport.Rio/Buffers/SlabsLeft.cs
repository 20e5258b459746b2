namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Slabs that outlive their pool, counted.</summary>
internal sealed class SlabsLeft
{
    public int Slabs { get; private set; }

    public int RentedBlocks { get; private set; }

    public long RegisteredBytes { get; private set; }

    public void Add(Slab slab)
    {
        Slabs++;
        RentedBlocks += slab.Blocks.Count(static block => block.IsRented);
        RegisteredBytes += slab.Registration.Exists ? slab.Length : 0;
    }
}
