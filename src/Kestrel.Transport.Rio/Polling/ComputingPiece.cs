namespace Kestrel.Transport.Rio.Polling;

/// <summary>One piece of work that is known to compute, on its way through the thread pool.</summary>
internal sealed class ComputingPiece(TimedWork work, ComputingWork countedBy) : IThreadPoolWorkItem
{
    public void Execute()
    {
        work.RunAndTell();
        countedBy.OnEnded();
    }
}
