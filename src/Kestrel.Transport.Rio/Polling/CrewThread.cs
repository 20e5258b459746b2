namespace Kestrel.Transport.Rio.Polling;

/// <summary>A thread that leads a poller, or is kept by application code and leads no more, or stands by.</summary>
#pragma warning disable CA1001 // The thread disposes its semaphore when it ends.
internal sealed class CrewThread
#pragma warning restore CA1001
{
    private readonly PollerCrew _crew;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _called = new(0);
    private PollerThread? _poller;

    public CrewThread(PollerCrew crew, int number)
    {
        _crew = crew;
        _thread = new Thread(Run) { Name = $"Rio poller thread {number}", IsBackground = true };
    }

    /// <exception cref="OutOfMemoryException">The machine gives no more threads.</exception>
    public void Start() => _thread.UnsafeStart();

    /// <summary>Has it lead; who calls this is inside, and outside from here on. Only for one that stands by and was taken.</summary>
    public void Lead(PollerThread poller)
    {
        _poller = poller;
        _called.Release();
    }

    /// <summary>Ends it. Only for one that stands by and was taken.</summary>
    public void End() => _called.Release();

    private void Run()
    {
        using (_called)
        using (var activity = _crew.ObserveCurrentThread())
        {
            while (TryWait() && _poller is { } poller)
            {
                _poller = null;
                var wasReplaced = !poller.Lead(activity);
                var standsBy = _crew.TakeBack(this);
                if (wasReplaced)
                {
                    poller.OnThreadBack();
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
        while (!_called.Wait(PollerCrew.IdleTime))
        {
            if (_crew.TryDismiss(this))
            {
                return false;
            }
        }

        return true;
    }
}
