using System.Collections.Concurrent;

namespace ConnectionLoad;

/// <summary>Counts what went well, and what went wrong by its reason.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private int _succeeded;

    public bool NothingFailed => _failures.IsEmpty;

    public void Success() => Interlocked.Increment(ref _succeeded);

    public void Failure(Exception reason) => _failures.AddOrUpdate(reason.Message, 1, static (_, count) => count + 1);

    public void Print(string what, int of)
    {
        Console.WriteLine($"{what}: {_succeeded} of {of}, {_failures.Values.Sum()} failed");
        foreach (var (reason, count) in _failures)
        {
            Console.WriteLine($"  {count} times: {reason}");
        }
    }
}
