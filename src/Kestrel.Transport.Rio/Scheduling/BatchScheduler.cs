using System.Collections.Concurrent;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>
/// Runs application code on the thread pool. Work that becomes ready during one pass of the poller goes there at the end of the pass.
/// Given away one by one, the first would wake a worker that interrupts the pass, and every answer would wake the poller again.
/// </summary>
internal sealed class BatchScheduler(CompletionPoller poller) : ApplicationScheduler, IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<(Action<object?> Action, object? State)> _ready = new();
    private int _isWorkerRequested;

    public override void Schedule(Action<object?> action, object? state)
    {
        if (poller.IsOnOwnThread)
        {
            Add(action, state);
        }
        else
        {
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
        }
    }

    /// <summary>Adds work for the end of this pass. The poller's thread only.</summary>
    public void Add(Action<object?> action, object? state) => _ready.Enqueue((action, state));

    /// <summary>The end of the pass. The poller's thread only.</summary>
    public void Deliver()
    {
        if (!_ready.IsEmpty)
        {
            RequestWorker();
        }
    }

    /// <summary>
    /// Runs one work item on a worker of the thread pool, and no more: the pool counts finished items to find out how many threads it
    /// needs. Before that it asks for another worker for the rest, since any item may block.
    /// </summary>
    void IThreadPoolWorkItem.Execute()
    {
        // A full fence: an item that was enqueued while the request was still set is seen below.
        Interlocked.Exchange(ref _isWorkerRequested, 0);
        if (_ready.TryDequeue(out var work))
        {
            if (!_ready.IsEmpty)
            {
                RequestWorker();
            }

            work.Action(work.State);
        }
    }

    private void RequestWorker()
    {
        if (Interlocked.Exchange(ref _isWorkerRequested, 1) == 0)
        {
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
