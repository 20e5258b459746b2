namespace Kestrel.Transport.Rio.Polling;

/// <summary>Application work that another thread has scheduled on a poller.</summary>
internal sealed class ScheduledWork(CompletionPoller poller, in ReadyWork work) : MailboxItem
{
    private readonly ReadyWork _work = work;

    public override void Execute() => poller.Schedule(_work);
}
