using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Tests.Polling;

internal sealed class CountingItem(int number = 0, Action<CountingItem>? executed = null) : MailboxItem
{
    private int _executions;

    public int Number => number;

    public int Executions => Volatile.Read(ref _executions);

    public override void Execute()
    {
        Interlocked.Increment(ref _executions);
        executed?.Invoke(this);
    }
}
