namespace LoadDriver.Servers;

/// <summary>What a server of ours tells about itself; the totals are since its start.</summary>
internal sealed record ServerFigures(long AllocatedBytes, int Gen0Collections, int Threads);
