using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>Runs application work on the thread pool.</summary>
internal sealed class ThreadPoolRunner : IWorkRunner
{
    private readonly CompletionPoller _poller;
    private readonly BatchScheduler _batches;

    public ThreadPoolRunner(CompletionPoller poller)
    {
        _poller = poller;
        _batches = new BatchScheduler(poller);
    }

    public bool HasWork => false;

    public long CallWord => 0;

    public ApplicationScheduler CreateScheduler(string connectionId) => _batches;

    public void Add(in ReadyWork work) => _batches.Add(work.Action, work.State);

    public bool Run()
    {
        _poller.Inbox.ExecuteLocal();
        return true;
    }

    public void Deliver() => _batches.Deliver();

    public void LeaveToThreadPool() => _batches.Deliver();

    public void OnLeading(ThreadActivity? activity)
    {
    }

    public TimeSpan? TakeStandstill() => null;

    public void OnThreadBack()
    {
    }

    public void RunUpkeep()
    {
    }
}
