namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>
/// Every breach there was. It is thrown where it happens, and kept, because a poller that catches it must not hide it.
/// </summary>
internal sealed class BreachRecord
{
    private readonly Lock _lock = new();
    private readonly List<LifecycleBreachException> _breaches = [];

    public IReadOnlyList<LifecycleBreachException> Breaches
    {
        get
        {
            lock (_lock)
            {
                return [.. _breaches];
            }
        }
    }

    public void Report(LifecycleRule rule, string message)
    {
        var breach = new LifecycleBreachException(rule, message);
        lock (_lock)
        {
            _breaches.Add(breach);
        }

        throw breach;
    }

    public void ReportIf(bool broken, LifecycleRule rule, string message)
    {
        if (broken)
        {
            Report(rule, message);
        }
    }
}
