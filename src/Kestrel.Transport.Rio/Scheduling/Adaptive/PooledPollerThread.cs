using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>A thread that leads a poller, or is kept by application code, or stands by.</summary>
#pragma warning disable CA1001 // The thread disposes its semaphore when it ends.
internal sealed class PooledPollerThread
#pragma warning restore CA1001
{
    private readonly PollerThreadPool _pool;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _signal = new(0);
    private IThreadAssignment? _assignment;

    public PooledPollerThread(PollerThreadPool pool, int number)
    {
        _pool = pool;
        _thread = new Thread(Run) { Name = $"Rio poller thread {number}", IsBackground = true };
    }

    /// <exception cref="OutOfMemoryException">The machine gives no more threads.</exception>
    public void Start(Action<Thread> startThread) => startThread(_thread);

    /// <summary>Has it run an assignment. Only for a thread that stands by and was taken. A leader that assigns its own poller is outside from here on.</summary>
    public void Assign(IThreadAssignment assignment)
    {
        _assignment = assignment;
        _signal.Release();
    }

    /// <summary>Ends it. Only for one that stands by and was taken.</summary>
    public void End() => _signal.Release();

    private void Run()
    {
        ThreadLeftovers.BeginThread();
        using (_signal)
        using (var activity = _pool.ObserveCurrentThread())
        {
            while (TryWait() && _assignment is { } assignment)
            {
                _assignment = null;
                var wasBlocked = assignment.Run(activity);
                ThreadLeftovers.Clear();
                var standsBy = _pool.TakeBack(this);
                if (wasBlocked)
                {
                    assignment.OnThreadBack();
                }

                if (!standsBy)
                {
                    return;
                }
            }
        }
    }

    /// <summary>False when it has waited for so long that it is not needed.</summary>
    private bool TryWait()
    {
        while (!_signal.Wait(PollerThreadPool.IdleTime))
        {
            if (_pool.TryDismiss(this))
            {
                return false;
            }
        }

        return true;
    }
}
