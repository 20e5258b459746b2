using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>Runs application work on the poller's own thread.</summary>
internal sealed class InlineRunner : IWorkRunner
{
    /// <summary>
    /// How much work runs before the poller looks at completions again. A handler that always has more to write holds up no connection
    /// without end.
    /// </summary>
    public const int MaxWorkPerPass = 1024;

    private readonly CompletionPoller _poller;
    private readonly WorkQueue _work = new();
    private readonly PollerScheduler _scheduler;
    private long _callWord;

    public InlineRunner(CompletionPoller poller)
    {
        _poller = poller;
        _scheduler = new PollerScheduler(poller);
    }

    public bool HasWork => _work.Count > 0;

    public long CallWord => Volatile.Read(ref _callWord);

    public ApplicationScheduler CreateScheduler(string connectionId) => _scheduler;

    public void Add(in ReadyWork work) => _work.Enqueue(work);

    public bool Run()
    {
        for (var left = MaxWorkPerPass; left > 0; left--)
        {
            if (_work.Count == 0)
            {
                // What application code has posted may be work again.
                _poller.Inbox.ExecuteLocal();
                if (_work.Count == 0)
                {
                    return true;
                }
            }

            Volatile.Write(ref _callWord, _callWord + 1);
            _work.Dequeue().Run();
            Volatile.Write(ref _callWord, _callWord + 1);
            ThreadLeftovers.Clear();
        }

        _poller.Inbox.ExecuteLocal();
        return true;
    }

    public void LeaveToThreadPool()
    {
        while (_work.Count > 0)
        {
            var work = _work.Dequeue();
            ThreadPool.UnsafeQueueUserWorkItem(work.Action, work.State, preferLocal: false);
        }
    }

    public void OnLeading(ThreadActivity? activity)
    {
    }

    public TimeSpan? TakeStandstill() => null;

    public void Deliver()
    {
    }

    public void OnThreadBack()
    {
    }

    public void RunUpkeep()
    {
    }
}
