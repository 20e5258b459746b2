using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>Runs application code on a poller's thread, between the dispatch of a batch of completions and the commit of its answers.</summary>
internal sealed class PollerScheduler(CompletionPoller poller) : ApplicationScheduler
{
    public override void Schedule(Action<object?> action, object? state) => poller.Schedule(new ReadyWork(action, state));
}
