using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>Fails once when it is set.</summary>
internal sealed class FailingAlarm(Exception error) : Alarm
{
    private Exception? _error = error;

    public override void Set()
    {
        if (Interlocked.Exchange(ref _error, null) is { } error)
        {
            throw error;
        }
    }

    public override void Wait() => throw new NotSupportedException();

    public override void Wait(TimeSpan time) => throw new NotSupportedException();
}
