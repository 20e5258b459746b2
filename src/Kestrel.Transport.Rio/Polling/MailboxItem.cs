namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Something that a poller does on its own thread because another thread, or itself, asked for it. An item is made once and posted
/// repeatedly, so posting allocates nothing. While it waits in a mailbox, further posts of it have no effect.
/// </summary>
internal abstract class MailboxItem
{
    private int _posted;

    /// <summary>The next in the list that holds the item; that list's alone.</summary>
    internal MailboxItem? Next { get; set; }

    /// <summary>Runs on the poller's thread.</summary>
    public abstract void Execute();

    /// <summary>True for the one caller that has to put the item into a list.</summary>
    internal bool TryMarkPosted() => Interlocked.Exchange(ref _posted, 1) == 0;

    /// <summary>
    /// Before it is executed, not after: what happens from here on may have been missed by the execution and needs a post
    /// of its own.
    /// </summary>
    internal void MarkTaken() => Interlocked.Exchange(ref _posted, 0);
}
