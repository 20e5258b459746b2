using Kestrel.Transport.Rio.SoakTests.Scripts;

namespace Kestrel.Transport.Rio.SoakTests.Termination;

/// <summary>What became of the requests of one server, or of several.</summary>
internal sealed class StopCounts
{
    private const int Kinds = 3;

    // The first say it all.
    private const int MaxProblems = 10;

    private readonly long[] _underWay = new long[Kinds];
    private readonly List<string> _problems = [];
    private readonly Lock _lock = new();
    private long _answered;

    /// <summary>Answers that were whole, at whatever time.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_lock)
            {
                return [.. _problems];
            }
        }
    }

    /// <summary>Requests that had begun when the signal came and ended after it.</summary>
    public long UnderWay(AnswerEnd end) => Interlocked.Read(ref _underWay[(int)end]);

    public void Add(AnswerEnd end, bool wasUnderWay)
    {
        if (end == AnswerEnd.Whole)
        {
            Interlocked.Increment(ref _answered);
        }

        if (wasUnderWay)
        {
            Interlocked.Increment(ref _underWay[(int)end]);
        }
    }

    public void Add(string problem)
    {
        lock (_lock)
        {
            if (_problems.Count < MaxProblems)
            {
                _problems.Add(problem);
            }
        }
    }
}
