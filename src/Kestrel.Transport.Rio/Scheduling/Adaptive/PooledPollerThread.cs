using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>A thread that leads a poller, or is kept by application code, or stands by.</summary>
#pragma warning disable CA1001 // The thread disposes its semaphore when it ends.
internal sealed class PooledPollerThread
#pragma warning restore CA1001
{
    private readonly PollerThreadPool _crew;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _called = new(0);
    private IThreadAssignment? _duty;

    public PooledPollerThread(PollerThreadPool crew, int number)
    {
        _crew = crew;
        _thread = new Thread(Run) { Name = $"Rio poller thread {number}", IsBackground = true };
    }

    /// <exception cref="OutOfMemoryException">The machine gives no more threads.</exception>
    public void Start(Action<Thread> startThread) => startThread(_thread);

    /// <summary>Calls it to a duty. To have it lead is for who is inside, and outside from here on. Only for one that stands by and was taken.</summary>
    public void Call(IThreadAssignment duty)
    {
        _duty = duty;
        _called.Release();
    }

    /// <summary>Ends it. Only for one that stands by and was taken.</summary>
    public void End() => _called.Release();

    private void Run()
    {
        ThreadLeftovers.BeginThread();
        using (_called)
        using (var activity = _crew.ObserveCurrentThread())
        {
            while (TryWait() && _duty is { } duty)
            {
                _duty = null;
                var wasKept = duty.Perform(activity);
                ThreadLeftovers.Clear();
                var standsBy = _crew.TakeBack(this);
                if (wasKept)
                {
                    duty.OnThreadBack();
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
        while (!_called.Wait(PollerThreadPool.IdleTime))
        {
            if (_crew.TryDismiss(this))
            {
                return false;
            }
        }

        return true;
    }
}
