namespace Kestrel.Transport.Rio.Polling;

/// <summary>A queue with many producers and one consumer: a stack that is taken whole and turned round.</summary>
internal sealed class Mailbox
{
    private MailboxItem? _newest;

    public bool IsEmpty => Volatile.Read(ref _newest) is null;

    /// <summary>Any thread. The compare-exchange is also the full fence that <see cref="CompletionPoller"/>'s sleep relies on.</summary>
    public void Add(MailboxItem item)
    {
        var newest = Volatile.Read(ref _newest);
        while (true)
        {
            item.Next = newest;
            var seen = Interlocked.CompareExchange(ref _newest, item, newest);
            if (seen == newest)
            {
                return;
            }

            newest = seen;
        }
    }

    /// <summary>The consumer only: everything in the mailbox as a list, the oldest first.</summary>
    public MailboxItem? TakeAll()
    {
        if (IsEmpty)
        {
            return null;
        }

        var item = Interlocked.Exchange(ref _newest, null);
        MailboxItem? oldest = null;
        while (item is not null)
        {
            var next = item.Next;
            item.Next = oldest;
            oldest = item;
            item = next;
        }

        return oldest;
    }
}
