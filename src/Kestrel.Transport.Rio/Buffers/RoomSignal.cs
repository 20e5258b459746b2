namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Whether somebody waits for a block, and whom to tell. Any thread.</summary>
internal sealed class RoomSignal
{
    private int _isWanted;

    /// <summary>Called when the first one begins to wait.</summary>
    public Action? Wanted { get; set; }

    /// <summary>Called once after that, when there may be room.</summary>
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
