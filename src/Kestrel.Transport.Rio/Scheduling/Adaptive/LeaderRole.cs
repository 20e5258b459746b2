namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// Who may touch what a poller owns, in one word: even, the leader is inside; odd, it has called application code. The word
/// only grows, so that each call has a mark of its own, and a thread that comes back late never takes another's for its own.
/// docs/model/ has it checked.
/// </summary>
internal sealed class LeaderRole
{
    private long _word;

    public long Word => Volatile.Read(ref _word);

    /// <summary>How often application code was called. Any thread.</summary>
    public long Calls => (Word + 1) >> 1;

    public static bool IsMark(long word) => (word & 1) != 0;

    /// <summary>
    /// The leader only, which from here on may be replaced, and is outside. No fence: <see cref="StallMonitor"/> has one for all
    /// when it goes to sleep.
    /// </summary>
    public long Mark()
    {
        var mark = _word + 1;
        Volatile.Write(ref _word, mark);
        return mark;
    }

    /// <summary>
    /// True for the one who is inside then: the leader that comes back from application code, or who replaces it.
    /// </summary>
    public bool TryTake(long mark) => Interlocked.CompareExchange(ref _word, mark + 1, mark) == mark;
}
