using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kestrel.Transport.Rio.Torture;

/// <summary>What a run was, what it did and what it left.</summary>
internal sealed record TortureReport(
    TortureOptions Options,
    IReadOnlyDictionary<string, long> Actions,
    IReadOnlyList<MemorySample> QuietPoints,
    IReadOnlyList<RunSample> Samples,
    IReadOnlyDictionary<string, long> Figures,
    int Failed,
    IReadOnlyCollection<string> Problems)
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}
