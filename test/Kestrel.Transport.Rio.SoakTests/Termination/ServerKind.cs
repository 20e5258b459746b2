using Kestrel.Transport.Rio.SoakTests.Scripts;

namespace Kestrel.Transport.Rio.SoakTests.Termination;

/// <summary>What serves, and what its stops have shown.</summary>
internal sealed class ServerKind(SoakTransport transport, ApplicationScheduling scheduling)
{
    private readonly List<TimeSpan> _times = [];

    public SoakTransport Transport => transport;

    public ApplicationScheduling Scheduling => scheduling;

    public string Name => transport == SoakTransport.Sockets ? $"{transport}" : $"{transport} {scheduling}";

    public StopCounts Counts { get; } = new();

    /// <summary>Of the clients in TLS and HTTP/2.</summary>
    public StopCounts HttpClientCounts { get; } = new();

    public IEnumerable<string> Problems => Counts.Problems.Concat(HttpClientCounts.Problems);

    public TimeSpan Median => _times.Count == 0 ? TimeSpan.Zero : _times.Order().ElementAt(_times.Count / 2);

    public void Add(TimeSpan time) => _times.Add(time);

    public override string ToString()
        => $"{Name,-15} {_times.Count} stops, median {Median.TotalMilliseconds:F0} ms, longest {_times.DefaultIfEmpty().Max().TotalMilliseconds:F0} ms; "
            + $"{Counts.Answered} answers; under way at the signal: {Counts.UnderWay(AnswerEnd.Whole)} answered, "
            + $"{Counts.UnderWay(AnswerEnd.Unanswered)} not begun, {Counts.UnderWay(AnswerEnd.Cut)} cut; "
            + $"in TLS and HTTP/2: {HttpClientCounts.Answered} answers, under way {HttpClientCounts.UnderWay(AnswerEnd.Whole)} answered, "
            + $"{HttpClientCounts.UnderWay(AnswerEnd.Unanswered)} not; {Problems.Count()} problems";
}
