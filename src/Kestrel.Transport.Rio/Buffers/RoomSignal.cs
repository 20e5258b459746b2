namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Whether a thread waits for a block, and whom to notify. Any thread.</summary>
internal sealed class RoomSignal
{
    private int _isWanted;

    /// <summary>Called when the first one begins to wait: the owner has every poller flush its cache.</summary>
    /// <remarks>Set before the pool is used. Runs on the thread that waits.</remarks>
    public Action? Wanted { get; set; }

    /// <summary>Called once after that, when there may be room. The owner wakes the pollers that wait.</summary>
    /// <remarks>
    /// Set before the pool is used. Runs on the thread that returned a block, which may hold locks of the application's
    /// pipes: post and wake only.
    /// </remarks>
    public Action? Returned { get; set; }

    /// <summary>Read on every return to a cache, written only at the limit: it stays in every core's own cache.</summary>
    public bool IsWanted => Volatile.Read(ref _isWanted) != 0;

    /// <summary>A full fence: what came home before it is seen after it.</summary>
    public void Request()
    {
        if (Interlocked.Exchange(ref _isWanted, 1) == 0)
        {
            Wanted?.Invoke();
        }
    }

    /// <summary>Called behind a full fence that follows the return.</summary>
    public void Signal()
    {
        if (IsWanted && Interlocked.Exchange(ref _isWanted, 0) != 0)
        {
            Returned?.Invoke();
        }
    }
}
