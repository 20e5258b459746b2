namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>
/// Finds two threads inside one completion queue, or its request queues, at the same time. Ownership may go from thread to
/// thread between calls; it may not be shared.
/// </summary>
internal sealed class OwnerGuard(BreachRecord record)
{
    private int _owner;
    private int _depth;
    private string? _call;

    public Scope Enter(string call)
    {
        var me = Environment.CurrentManagedThreadId;
        var owner = Interlocked.CompareExchange(ref _owner, me, 0);
        record.ReportIf(
            owner != 0 && owner != me,
            LifecycleRule.NoTwoThreadsAtOnce,
            $"Thread {me} calls {call} while thread {owner} is in {_call}.");
        _call = call;
        _depth++;
        return new Scope(this);
    }

    private void Exit()
    {
        if (--_depth == 0)
        {
            Volatile.Write(ref _owner, 0);
        }
    }

    /// <summary>The time for which a call holds the queue.</summary>
    internal readonly ref struct Scope(OwnerGuard guard)
    {
        public void Dispose() => guard.Exit();
    }
}
