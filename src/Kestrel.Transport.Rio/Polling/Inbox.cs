namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// The items that wait for a poller's thread: those that it posted itself, and those in the mailbox. An item that throws does not stop the
/// items behind it.
/// </summary>
/// <param name="onFailed">Receives what an item throws.</param>
internal sealed class Inbox(Action<Exception> onFailed)
{
    private readonly Mailbox _mailbox = new();
    private MailboxItem? _oldestLocal;
    private MailboxItem? _newestLocal;

    /// <summary>Whether the mailbox is empty. Any thread.</summary>
    public bool IsMailboxEmpty => _mailbox.IsEmpty;

    /// <summary>Whether the poller has posted items to itself. The poller's thread only.</summary>
    public bool HasLocal => _oldestLocal is not null;

    /// <summary>Adds an item to the mailbox. Any thread.</summary>
    public void Add(MailboxItem item) => _mailbox.Add(item);

    /// <summary>Adds an item without an interlocked operation. The poller's thread only.</summary>
    public void AddLocal(MailboxItem item)
    {
        item.Next = null;
        if (_newestLocal is null)
        {
            _oldestLocal = item;
        }
        else
        {
            _newestLocal.Next = item;
        }

        _newestLocal = item;
    }

    /// <summary>Executes the items of the mailbox, then <see cref="ExecuteLocal"/>. The poller's thread only.</summary>
    public void Execute()
    {
        ExecuteAll(_mailbox.TakeAll());
        ExecuteLocal();
    }

    /// <summary>Executes what the poller posted to itself, until nothing is left. The poller's thread only.</summary>
    public void ExecuteLocal()
    {
        while (_oldestLocal is { } items)
        {
            _oldestLocal = null;
            _newestLocal = null;
            ExecuteAll(items);
        }
    }

    private void ExecuteAll(MailboxItem? item)
    {
        while (item is not null)
        {
            // Read before it may be posted again, which writes it.
            var next = item.Next;
            item.Next = null;
            item.MarkTaken();
            try
            {
                item.Execute();
            }
            catch (Exception e)
            {
                onFailed(e);
            }

            item = next;
        }
    }
}
