namespace LoadDriver.Loads;

/// <summary>What a load generator says of its run.</summary>
/// <param name="Requests">Answered in full.</param>
/// <param name="Seconds">How long it made requests.</param>
/// <param name="Errors">Requests and connections that failed.</param>
/// <param name="Latency">Null where the generator does not tell percentiles.</param>
internal sealed record LoadResult(long Requests, double Seconds, long Errors, Latency? Latency)
{
    /// <summary>
    /// What the server allocated meanwhile, where the load asks for it itself: without what its connections cost.
    /// </summary>
    public long? AllocatedBytes { get; init; }

    /// <summary>What the generator saw in the middle of all short intervals; null where it does not tell.</summary>
    public double? MiddleRate { get; init; }

    public double RequestsPerSecond => Requests / Seconds;
}
