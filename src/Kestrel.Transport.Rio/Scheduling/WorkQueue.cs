using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>Application work that is ready to run, first in first out, without an allocation for each. Not thread-safe.</summary>
internal sealed class WorkQueue
{
    private const int InitialCapacity = 256;

    private ReadyWork[] _items = new ReadyWork[InitialCapacity];
    private int _head;

    public int Count { get; private set; }

    public void Enqueue(in ReadyWork work)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        // The length is a power of two.
        _items[(_head + Count) & (_items.Length - 1)] = work;
        Count++;
    }

    public ReadyWork Dequeue()
    {
        var item = _items[_head];
        _items[_head] = default;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return item;
    }

    private void Grow()
    {
        var larger = new ReadyWork[_items.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = _items[(_head + i) & (_items.Length - 1)];
        }

        _items = larger;
        _head = 0;
    }
}
