using System.Collections.Concurrent;

namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>What was done, and what went wrong.</summary>
internal sealed class Tally
{
    // The first say it all; thousands more would only hide them.
    private const int MaxKept = 20;

    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _failures = new();
    private int _failed;

    public IReadOnlyDictionary<string, long> Counts => new SortedDictionary<string, long>(_counts, StringComparer.Ordinal);

    public IReadOnlyCollection<string> Failures => _failures;

    public int Failed => Volatile.Read(ref _failed);

    public long Done => _counts.Values.Sum();

    public void Count(string action) => _counts.AddOrUpdate(action, 1, static (_, count) => count + 1);

    public void Fail(string what)
    {
        if (Interlocked.Increment(ref _failed) <= MaxKept)
        {
            _failures.Enqueue(what);
        }
    }
}
