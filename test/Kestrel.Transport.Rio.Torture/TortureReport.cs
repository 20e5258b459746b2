using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kestrel.Transport.Rio.Torture;

/// <summary>What a run was, what it did and what it left.</summary>
internal sealed record TortureReport(
    int Seed,
    string Transport,
    string Scheduling,
    bool IsVerified,
    int Seconds,
    int Clients,
    IReadOnlyDictionary<string, long> Actions,
    IReadOnlyList<MemorySample> Memory,
    IReadOnlyDictionary<string, long> Figures,
    int Failed,
    IReadOnlyCollection<string> Problems)
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}
