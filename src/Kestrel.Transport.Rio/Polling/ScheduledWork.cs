namespace Kestrel.Transport.Rio.Polling;

/// <summary>Application work that another thread has scheduled on a poller.</summary>
internal sealed class ScheduledWork(CompletionPoller poller, Action<object?> action, object? state) : MailboxItem
{
    public override void Execute() => poller.Schedule(action, state);
}
