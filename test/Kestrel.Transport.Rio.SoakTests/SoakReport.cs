namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>What a run was, what it did and what it left.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="Actions">How often what was done.</param>
/// <param name="LostByKestrel">Connections of HTTP/2 that Kestrel never ended.</param>
/// <param name="QuietPoints">What there was while nobody was connected.</param>
/// <param name="Samples">What there was in the middle of it.</param>
/// <param name="Figures">The transport's own, at the end.</param>
/// <param name="Failed">How many actions failed.</param>
/// <param name="Problems">What was wrong; the run is a success when there is none.</param>
internal sealed record SoakReport(
    SoakOptions Options,
    IReadOnlyDictionary<string, long> Actions,
    int LostByKestrel,
    IReadOnlyList<MemorySample> QuietPoints,
    IReadOnlyList<RunSample> Samples,
    IReadOnlyDictionary<string, long> Figures,
    int Failed,
    IReadOnlyCollection<string> Problems)
{
    public string ToJson() => ReportJson.Of(this);
}
