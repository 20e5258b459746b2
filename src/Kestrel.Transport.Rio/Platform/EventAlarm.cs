using System.Diagnostics.CodeAnalysis;

namespace Kestrel.Transport.Rio.Platform;

/// <summary>The runtime's event: who sets it never waits for anything, as it might for a monitor.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The event is left to the collector: who sets it may come when nobody waits for it any more.")]
internal sealed class EventAlarm : Alarm
{
    private readonly AutoResetEvent _event = new(initialState: false);

    public override void Set() => _event.Set();

    public override void Wait() => _event.WaitOne();

    public override void Wait(TimeSpan time) => _event.WaitOne(time);
}
