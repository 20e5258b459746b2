namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// Native memory that is allocated, usually registered, and released in one piece. Cut into
/// blocks.
/// </summary>
internal sealed class Slab
{
    public Slab(RegisteredMemoryPool pool, int number, nint address, int length, SlabRegistration registration, int linkShift)
    {
        Number = number;
        Address = address;
        Length = length;
        Registration = registration;
        Blocks = new RegisteredBlock[length / RegisteredMemoryPool.BlockSize];
        for (var i = 0; i < Blocks.Length; i++)
        {
            Blocks[i] = new RegisteredBlock(
                pool, this, i * RegisteredMemoryPool.BlockSize, SlabTable.LinkOf(number, i, linkShift));
        }
    }

    /// <summary>The place in <see cref="SlabTable"/>.</summary>
    public int Number { get; }

    public nint Address { get; }

    public int Length { get; }

    public SlabRegistration Registration { get; }

    public RegisteredBlock[] Blocks { get; }

    /// <summary>Scratch for whoever holds the pool's lock: how many blocks were found in <see cref="FreeBlocks"/>.</summary>
    public int Home { get; set; }

    /// <summary>Scratch of <see cref="SlabReclaim"/>: where its next block goes in the sorted list.</summary>
    public int SortedTo { get; set; }

    /// <summary>How often its blocks have been rented.</summary>
    public long Rents
    {
        get
        {
            long rents = 0;
            foreach (var block in Blocks)
            {
                rents += block.Rents;
            }

            return rents;
        }
    }

    public bool IsComplete => Home == Blocks.Length;

    /// <summary>Whole pages, and cleared: what the process's heap left there is nobody's business. 0 where there are none.</summary>
    public static unsafe nint Allocate(INativeMemory memory, int length)
    {
        var address = memory.Allocate(length, Math.Max(Environment.SystemPageSize, RegisteredMemoryPool.BlockSize));
        if (address != 0)
        {
            new Span<byte>((void*)address, length).Clear();
        }

        return address;
    }
}
