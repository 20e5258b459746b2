namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// Sees every block leave and come home. For the verifier of the tests; production has none. Called by the thread that
/// rents or returns.
/// </summary>
internal interface IBlockObserver
{
    /// <summary>A block was lent. It is nobody else's until <see cref="OnReturned"/>.</summary>
    void OnRented(nint address, int length);

    /// <summary>A block is about to go back into the pool; the next renter cannot have it before this call returns.</summary>
    void OnReturned(nint address, int length);
}
