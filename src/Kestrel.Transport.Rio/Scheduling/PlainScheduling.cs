using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>Scheduling by runners that need nothing in common.</summary>
internal sealed class PlainScheduling(Func<CompletionPoller, IWorkRunner> createRunner) : WorkScheduling
{
    public override IWorkRunner CreateRunner(CompletionPoller poller) => createRunner(poller);

    public override void Dispose()
    {
    }
}
