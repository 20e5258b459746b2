namespace Kestrel.Transport.Rio.Contract;

/// <summary>By the runtime's own means.</summary>
internal sealed class MonitorAlarm : Alarm
{
    private readonly object _gate = new();
    private bool _isSet;

    public override void Set()
    {
        lock (_gate)
        {
            _isSet = true;
            Monitor.Pulse(_gate);
        }
    }

    public override void Wait()
    {
        lock (_gate)
        {
            while (!_isSet)
            {
                Monitor.Wait(_gate);
            }

            _isSet = false;
        }
    }

    public override void Wait(TimeSpan time)
    {
        lock (_gate)
        {
            if (!_isSet)
            {
                Monitor.Wait(_gate, time);
            }

            _isSet = false;
        }
    }
}
