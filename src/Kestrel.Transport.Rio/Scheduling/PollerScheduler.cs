using System.IO.Pipelines;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>Runs application code on a poller's thread, between the dispatch of a batch and the commit of what came of it.</summary>
internal sealed class PollerScheduler(CompletionPoller poller) : PipeScheduler
{
    public override void Schedule(Action<object?> action, object? state) => poller.Schedule(new ReadyWork(action, state));
}
