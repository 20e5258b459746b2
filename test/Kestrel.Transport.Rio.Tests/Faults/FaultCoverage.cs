using Xunit;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>What went wrong in all runs together: that nothing is found says little where nothing has happened.</summary>
public sealed class FaultCoverage : IDisposable
{
    // A few of the ordinary 50 get no memory to begin with; so many meet every kind of fault several times.
    private const int EnoughRuns = 40;

    private readonly FaultTally _total = new();
    private int _runs;

    public void Dispose()
    {
        if (_runs >= EnoughRuns)
        {
            Assert.All(Enum.GetValues<FaultPoint>(), point => Assert.True(_total[point] > 0, $"{point} never went wrong in {_runs} runs."));
        }
    }

    internal void Add(FaultTally tally)
    {
        _runs++;
        _total.Add(tally);
    }
}
