using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>Actions that wait until bytes that arrived before them are with the application. The poller's thread only.</summary>
/// <param name="figures">The number of passes.</param>
/// <param name="onFailed">Receives what an action throws.</param>
internal sealed class ArrivalQueue(PollerFigures figures, Action<Exception> onFailed)
{
    // The first pass sees the end of a wait for data, the second its receive at the latest. After the third the application has the bytes.
    private const int PassesPerArrival = 3;

    private readonly Queue<(Action Action, long FirstPass, long LastPass)> _actions = new();

    public bool IsEmpty => _actions.Count == 0;

    /// <summary>
    /// Adds an action. It runs as soon as a pass finds no completion, and after a few passes at the latest. It does not run in this pass,
    /// which has dequeued older completions.
    /// </summary>
    public void Add(Action action, int connections)
    {
        // Of many connections that have data at the same time a provider begins some in each pass.
        var passes = PassesPerArrival + (connections / CompletionQueue.LeastBegunPerPass);
        _actions.Enqueue((action, figures.Passes + 1, figures.Passes + passes));
    }

    /// <param name="mayMoreCome">A completion was dequeued in this pass, or the pass did not look for all of them.</param>
    public void Run(bool mayMoreCome)
    {
        while (_actions.TryPeek(out var next) && figures.Passes >= (mayMoreCome ? next.LastPass : next.FirstPass))
        {
            RunOldest();
        }
    }

    /// <summary>Runs all actions now.</summary>
    public void RunAll()
    {
        while (!IsEmpty)
        {
            RunOldest();
        }
    }

    private void RunOldest()
    {
        try
        {
            _actions.Dequeue().Action();
        }
        catch (Exception e)
        {
            onFailed(e);
        }
    }
}
