using System.Collections.Concurrent;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>
/// Reports measurements on the thread pool, one after the other. Whoever listens to a meter may throw and may block, so that is nothing
/// for a poller, and takes one thread of the pool at most.
/// </summary>
internal sealed class MeasurementQueue : IThreadPoolWorkItem
{
    // Those that wait behind a listener which blocks. A measurement that is not taken is lost.
    private const int Capacity = 256;

    private readonly ConcurrentQueue<Action> _waiting = new();
    private int _isRequested;

    /// <summary>Any thread.</summary>
    public void Add(Action report)
    {
        if (_waiting.Count < Capacity)
        {
            Enqueue(report);
        }
    }

    /// <summary>Waits until all is reported that was added before. False when it is not in time.</summary>
    public Task<bool> FlushAsync(TimeSpan timeout)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(reached.SetResult);
        return reached.Task.CompletesWithinAsync(timeout);
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (_waiting.TryDequeue(out var report))
        {
            try
            {
                report();
            }
            catch (Exception)
            {
                // A listener that fails costs its measurement.
            }
        }

        // A full fence: either what was enqueued meanwhile is seen here, or its thread sees that nobody is requested.
        Interlocked.Exchange(ref _isRequested, 0);
        if (!_waiting.IsEmpty)
        {
            Request();
        }
    }

    private void Enqueue(Action report)
    {
        _waiting.Enqueue(report);
        Request();
    }

    private void Request()
    {
        if (Interlocked.Exchange(ref _isRequested, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
