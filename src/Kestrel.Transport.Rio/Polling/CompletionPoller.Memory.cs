namespace Kestrel.Transport.Rio.Polling;

/// <summary>What a poller has of the memory pool and does not need.</summary>
internal sealed partial class CompletionPoller
{
    private readonly PollerAction _giveUpSpare;
    private readonly PollerAction _giveUpCache;

    /// <summary>Somebody waits for registered memory, and this poller may have some to spare. Any thread.</summary>
    public void OnRoomWanted() => Post(_giveUpSpare);

    /// <summary>
    /// Memory that is of no use is about to be given back: one block in the cache of a poller that has little to do would keep its
    /// slab, and the blocks there are of as many. Any thread.
    /// </summary>
    public void BeforeTrim() => Post(_giveUpCache);

    private void GiveUpSpare()
    {
        Parking?.ReleaseSpare();
        Bulk?.ReleaseSpare();
        MemoryPool.FlushCurrentThreadCache();
    }
}
