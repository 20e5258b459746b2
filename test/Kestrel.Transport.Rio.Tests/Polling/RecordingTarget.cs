using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Tests.Polling;

internal sealed class RecordingTarget : CompletionTarget
{
    public List<RioResult> Completions { get; } = [];

    public int Stops { get; private set; }

    public override void OnCompletion(in RioResult result) => Completions.Add(result);

    public Action? Stopping { get; init; }

    public override void OnPollerStopping()
    {
        Stops++;
        Stopping?.Invoke();
    }

    public int Deaths { get; private set; }

    public override void OnPollerDied(Exception cause) => Deaths++;

    public int GivenUp { get; private set; }

    public Action? GivingUp { get; init; }

    public override void OnPollerAbandoned()
    {
        GivenUp++;
        GivingUp?.Invoke();
    }

    public override void OnCompletionQueueFailed(string reason) => Deaths++;

    public override void Execute()
    {
    }
}
