namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>
/// Keeps threads until it is opened, for good. There is nothing to dispose: application work may come to it late, on a thread that
/// no test waits for, and what it throws there ends the process.
/// </summary>
internal sealed class Gate
{
    private const int MinWorkers = 32;

    private readonly object _lock = new();
    private bool _isOpen;

    /// <summary>
    /// Workers of the thread pool that wait here would be missing to the rest, and the pool takes its time to make more: once 12 were kept, and
    /// 5 pieces of work had waited for 20 s.
    /// </summary>
    static Gate()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, MinWorkers), ports);
    }

    public void Wait()
    {
        lock (_lock)
        {
            while (!_isOpen)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    public void Open()
    {
        lock (_lock)
        {
            _isOpen = true;
            Monitor.PulseAll(_lock);
        }
    }
}
