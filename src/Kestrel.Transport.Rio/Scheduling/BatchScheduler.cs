using System.Collections.Concurrent;
using System.IO.Pipelines;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>
/// Runs application code on the thread pool. What becomes ready during one pass of the poller is handed over at its end, all
/// at once: handed over one by one, the first would wake a worker that interrupts the pass, and every answer would wake the
/// poller again.
/// </summary>
internal sealed class BatchScheduler(CompletionPoller poller) : PipeScheduler, IThreadPoolWorkItem
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

    /// <summary>To be handed over at the end of this pass. The poller's thread only.</summary>
    public void Add(Action<object?> action, object? state) => _ready.Enqueue((action, state));

    /// <summary>The end of the pass. The poller's thread only.</summary>
    public void HandOver()
    {
        if (!_ready.IsEmpty)
        {
            RequestWorker();
        }
    }

    /// <summary>
    /// A worker of the thread pool, which runs one and no more: the pool finds out how many threads it needs by counting what they
    /// have finished. Before that it asks for another one to go on with what is left, since any of it may block.
    /// </summary>
    void IThreadPoolWorkItem.Execute()
    {
        // A full fence: what was enqueued before somebody found the request made is seen below.
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
