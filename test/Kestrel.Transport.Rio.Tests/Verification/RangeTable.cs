namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>Ranges of memory that do not overlap, in the order of their addresses.</summary>
internal sealed class RangeTable<T>
{
    private readonly List<nint> _starts = [];
    private readonly List<(int Length, T Owner)> _ranges = [];

    public int Count => _starts.Count;

    public IEnumerable<T> Owners => _ranges.Select(range => range.Owner);

    /// <summary>The caller has seen to it that nothing overlaps.</summary>
    public void Add(nint start, int length, T owner)
    {
        var index = ~_starts.BinarySearch(start);
        _starts.Insert(index, start);
        _ranges.Insert(index, (length, owner));
    }

    public bool Remove(nint start)
    {
        var index = _starts.BinarySearch(start);
        if (index < 0)
        {
            return false;
        }

        _starts.RemoveAt(index);
        _ranges.RemoveAt(index);
        return true;
    }

    public bool Contains(nint start, int length)
    {
        var index = _starts.BinarySearch(start);
        return index >= 0 && _ranges[index].Length == length;
    }

    public bool HasStart(nint start) => _starts.BinarySearch(start) >= 0;

    public IEnumerable<T> Overlapping(nint start, long length)
    {
        var index = _starts.BinarySearch(start);
        if (index < 0)
        {
            // The one before may reach into the range.
            index = Math.Max(0, ~index - 1);
        }

        for (; index < _starts.Count && _starts[index] < start + length; index++)
        {
            if (_starts[index] + _ranges[index].Length > start)
            {
                yield return _ranges[index].Owner;
            }
        }
    }
}
