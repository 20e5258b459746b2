using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>What is put off until bytes that were there before it are with the application.</summary>
internal sealed partial class CompletionPoller
{
    // The end of a wait for data is seen in the first pass, its receive in the second at the latest, and its bytes are with the
    // application after the third.
    private const int PassesPerArrival = 3;

    private readonly Queue<(Action Action, long FirstPass, long LastPass)> _later = new();

    // The last pass ended in a wait, if only in one of no length: whatever had arrived by then has completed.
    private bool _hasWaited;

    private bool HasLater => _later.Count > 0;

    /// <summary>
    /// Runs it when all that had arrived for the connections of this poller by now has been received and read, as far as the
    /// application reads: when nothing more comes, and after a few passes at the latest. Only inside.
    /// </summary>
    public void RunAfterArrivals(Action action)
    {
        if (_isLeftToThreadPool)
        {
            action();
            return;
        }

        // Of many that have data at once a provider begins some in each pass.
        var passes = PassesPerArrival + (Connections / CompletionQueue.LeastBegunPerPass);

        // Not in this pass, which has dequeued what came before.
        _later.Enqueue((action, Figures.Passes + 1, Figures.Passes + passes));
    }

    /// <param name="mayMoreCome">Something has completed in this pass, or nobody has looked.</param>
    private void ExecuteLater(bool mayMoreCome)
    {
        while (_later.TryPeek(out var next)
            && (_isLeftToThreadPool || Figures.Passes >= (mayMoreCome ? next.LastPass : next.FirstPass)))
        {
            _later.Dequeue();
            try
            {
                next.Action();
            }
            catch (Exception e)
            {
                // Caught here and not at the end of the pass, or those behind it would be lost.
                Die(e);
            }
        }
    }
}
