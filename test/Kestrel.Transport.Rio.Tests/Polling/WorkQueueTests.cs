using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class WorkQueueTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    public void Work_stays_in_order_while_the_queue_grows(int start)
    {
        const int Count = 5000;
        var queue = new WorkQueue();
        for (var i = 0; i < start; i++)
        {
            queue.Enqueue(new ReadyWork(Nothing, State: null));
            queue.Dequeue();
        }

        for (var i = 0; i < Count; i++)
        {
            queue.Enqueue(new ReadyWork(Nothing, i));
        }

        Assert.Equal(Count, queue.Count);
        Assert.Equal(Enumerable.Range(0, Count), Enumerable.Range(0, Count).Select(_ => (int)queue.Dequeue().State!));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void What_was_dequeued_is_not_held_on_to()
    {
        var queue = new WorkQueue();
        var state = Enqueue(queue);

        GC.Collect();

        Assert.False(state.TryGetTarget(out _));
        Assert.Equal(0, queue.Count);
    }

    // In a method of its own, so that no local of the test holds the state.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference<object> Enqueue(WorkQueue queue)
    {
        var state = new object();
        queue.Enqueue(new ReadyWork(Nothing, state));
        queue.Dequeue();
        return new WeakReference<object>(state);
    }

    private static void Nothing(object? state)
    {
    }
}
