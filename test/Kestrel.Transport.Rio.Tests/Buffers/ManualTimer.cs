namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>A timer of a <see cref="ManualTime"/>: it goes off once, on the thread that moves the clock.</summary>
internal sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
{
    private const long Never = long.MaxValue;
    private long _due = Never;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan)
        {
            throw new NotSupportedException("This clock has no periodic timers.");
        }

        Interlocked.Exchange(ref _due, dueTime == Timeout.InfiniteTimeSpan ? Never : time.GetTimestamp() + dueTime.Ticks);
        return true;
    }

    public void FireIfDue()
    {
        var due = Interlocked.Read(ref _due);
        if (due <= time.GetTimestamp() && Interlocked.CompareExchange(ref _due, Never, due) == due)
        {
            callback(state);
        }
    }

    public void Dispose() => time.Remove(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
