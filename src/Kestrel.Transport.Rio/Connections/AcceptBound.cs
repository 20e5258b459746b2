namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// Counts the connections of one endpoint that are accepted and that Kestrel has not taken up, and says when accepting has to
/// wait for it. Any thread.
/// </summary>
internal sealed class AcceptBound
{
    /// <summary>
    /// Kestrel takes up a connection in microseconds, so only a starved thread pool comes this far. The kernel's backlog holds
    /// the connections behind it, and an untaken connection costs about 10 KB here.
    /// </summary>
    public const int Max = 64;

    // Pausing and resuming costs system calls: half of the bound lies between the two.
    private const int ResumeAt = Max / 2;

    private int _untaken;

    /// <summary>Accepting pauses.</summary>
    public bool IsReached => Volatile.Read(ref _untaken) >= Max;

    /// <summary>Accepting that paused goes on.</summary>
    public bool MayResume => Volatile.Read(ref _untaken) <= ResumeAt;

    public void Add() => Interlocked.Increment(ref _untaken);

    /// <returns>True for the one connection with which a pause ends.</returns>
    public bool Remove() => Interlocked.Decrement(ref _untaken) == ResumeAt;
}
