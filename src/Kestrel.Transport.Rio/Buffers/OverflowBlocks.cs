namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Blocks of ordinary memory, which a pool lends past its limit. Any thread.</summary>
internal sealed class OverflowBlocks(RegisteredMemoryPool pool)
{
    private long _rented;
    private long _rents;

    /// <summary>How many are with a renter.</summary>
    public long Rented => Volatile.Read(ref _rented);

    /// <summary>How many have been lent in all.</summary>
    public long Rents => Volatile.Read(ref _rents);

    public RegisteredBlock Make()
    {
        Interlocked.Increment(ref _rented);
        Interlocked.Increment(ref _rents);
        return new RegisteredBlock(pool);
    }

    /// <summary>Returns a block, which the garbage collector frees.</summary>
    public void Return() => Interlocked.Decrement(ref _rented);
}
