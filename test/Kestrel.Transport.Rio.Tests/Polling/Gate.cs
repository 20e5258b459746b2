namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>
/// Keeps threads until it is opened, for good. There is nothing to dispose: application work may come to it late, on a thread that
/// no test waits for, and what it throws there ends the process.
/// </summary>
internal sealed class Gate
{
    private readonly object _lock = new();
    private bool _isOpen;

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
