namespace Kestrel.Transport.Rio.Torture.Termination;

/// <summary>What serves, and what its stops have shown.</summary>
internal sealed class ServerKind(TortureTransport transport, ApplicationScheduling scheduling)
{
    private readonly List<TimeSpan> _times = [];

    public TortureTransport Transport => transport;

    public ApplicationScheduling Scheduling => scheduling;

    public string Name => transport == TortureTransport.Sockets ? $"{transport}" : $"{transport} {scheduling}";

    public StopCounts Counts { get; } = new();

    public TimeSpan Median => _times.Count == 0 ? TimeSpan.Zero : _times.Order().ElementAt(_times.Count / 2);

    public void Add(TimeSpan time) => _times.Add(time);

    public override string ToString()
        => $"{Name,-15} {_times.Count} stops, median {Median.TotalMilliseconds:F0} ms, longest {_times.DefaultIfEmpty().Max().TotalMilliseconds:F0} ms; "
            + $"{Counts.Answered} answers; under way at the signal: {Counts.UnderWay(AnswerEnd.Whole)} answered, "
            + $"{Counts.UnderWay(AnswerEnd.Unanswered)} not begun, {Counts.UnderWay(AnswerEnd.Cut)} cut; {Counts.Problems.Count} problems";
}
