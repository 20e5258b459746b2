namespace Kestrel.Transport.Rio.Polling;

/// <summary>How the pollers of a host run application work. Disposed after the last poller has ended.</summary>
internal abstract class WorkScheduling : IDisposable
{
    /// <summary>The threads that run the pollers; null where each has one of its own.</summary>
    public virtual IThreadSource? Threads => null;

    /// <summary>How many threads there are, of <see cref="Threads"/>. Any thread.</summary>
    public virtual int ThreadCount => 0;

    /// <summary>How many work items wait for a thread. Any thread.</summary>
    public virtual int WaitingWork => 0;

    public abstract IWorkRunner CreateRunner(CompletionPoller poller);

    /// <summary>Starts, before the pollers do.</summary>
    /// <param name="pollers">All pollers.</param>
    /// <exception cref="PlatformNotSupportedException">The machine gives no thread.</exception>
    public virtual void Start(IReadOnlyList<PollerThread> pollers)
    {
    }

    /// <summary>The pollers run.</summary>
    public virtual void OnStarted()
    {
    }

    /// <summary>The pollers are about to stop: work that waits for a thread must not hold up the end of a connection.</summary>
    public virtual void OnStopping()
    {
    }

    /// <summary>The pollers have ended. Waits for the threads, but not without end.</summary>
    public virtual Task StopAsync(TimeSpan timeout) => Task.CompletedTask;

    public abstract void Dispose();
}
