namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>How often what went wrong. Any thread.</summary>
internal sealed class FaultTally
{
    private readonly int[] _counts = new int[Enum.GetValues<FaultPoint>().Length];

    public int this[FaultPoint point] => Volatile.Read(ref _counts[(int)point]);

    public void Count(FaultPoint point) => Interlocked.Increment(ref _counts[(int)point]);

    public void Add(FaultTally other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            Interlocked.Add(ref _counts[i], other._counts[i]);
        }
    }

    public override string ToString() => string.Join(
        ", ", Enum.GetValues<FaultPoint>().Where(point => this[point] > 0).Select(point => $"{point} {this[point]}"));
}
