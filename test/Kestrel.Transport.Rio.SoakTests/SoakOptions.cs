using System.Text.Json.Serialization;

namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>What a run is.</summary>
internal sealed record SoakOptions
{
    public required int Seconds { get; init; }

    public required int Clients { get; init; }

    /// <summary>How many actions all clients together begin in a second; null for as many as there is time for.</summary>
    public int? Rate { get; init; }

    public required int Seed { get; init; }

    public required SoakTransport Transport { get; init; }

    public required ApplicationScheduling Scheduling { get; init; }

    public required bool IsVerified { get; init; }

    public required ReturnedMemory ReturnedMemory { get; init; }

    /// <summary>Whether the verifier keeps where each block was rented.</summary>
    [JsonIgnore]
    public bool TracesRents { get; init; }

    [JsonIgnore]
    public FileInfo? Report { get; init; }
}
