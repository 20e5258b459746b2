namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>What the stops of a run have shown.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="Stops">How many stops came to an end.</param>
/// <param name="Actions">How often what was done.</param>
/// <param name="UnderWay">At how many stops what was under way when the server was told to stop.</param>
/// <param name="MedianMilliseconds">How long a stop took.</param>
/// <param name="LongestMilliseconds">And the longest.</param>
/// <param name="Awaited">After how many stops handlers still had memory.</param>
/// <param name="Failed">How many actions failed.</param>
/// <param name="Problems">What was wrong; the run is a success when there is none.</param>
internal sealed record StopReport(
    SoakOptions Options,
    int Stops,
    IReadOnlyDictionary<string, long> Actions,
    IReadOnlyDictionary<string, long> UnderWay,
    double MedianMilliseconds,
    double LongestMilliseconds,
    int Awaited,
    int Failed,
    IReadOnlyCollection<string> Problems)
{
    public string ToJson() => ReportJson.Of(this);
}
