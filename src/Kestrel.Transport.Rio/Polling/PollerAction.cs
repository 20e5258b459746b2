namespace Kestrel.Transport.Rio.Polling;

/// <summary>A fixed piece of work for a poller's thread, to be posted again and again.</summary>
internal sealed class PollerAction(Action action) : MailboxItem
{
    public override void Execute() => action();
}
