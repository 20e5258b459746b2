using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>Wakes a poller, at once or as work of the thread pool.</summary>
internal sealed class WakeUp(CompletionQueue completionQueue) : IThreadPoolWorkItem
{
    public void Execute() => completionQueue.Wake();
}
