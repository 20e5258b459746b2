namespace Kestrel.Transport.Rio.Contract.Support;

/// <summary>
/// The outstanding requests of one direction, oldest first, of which the first <see cref="Committed"/> may be started.
/// </summary>
/// <typeparam name="T">The request.</typeparam>
internal sealed class RequestFifo<T>
    where T : struct
{
    // Grows with use: most request queues never hold more than one or two requests.
    private T[] _items = new T[1];
    private int _head;

    public int Count { get; private set; }

    public int Committed { get; private set; }

    /// <summary>The request at a distance from the oldest.</summary>
    public ref T this[int index] => ref _items[Wrap(_head + index)];

    public void Add(in T item)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        _items[Wrap(_head + Count)] = item;
        Count++;
    }

    public void Commit() => Committed = Count;

    /// <summary>Removes the oldest request.</summary>
    public T Remove()
    {
        var item = _items[_head];
        _items[_head] = default;
        _head = Wrap(_head + 1);
        Count--;
        Committed = Math.Max(Committed - 1, 0);
        return item;
    }

    private int Wrap(int index) => index < _items.Length ? index : index - _items.Length;

    private void Grow()
    {
        var larger = new T[_items.Length * 4];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = this[i];
        }

        _items = larger;
        _head = 0;
    }
}
