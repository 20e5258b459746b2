namespace LoadDriver.Loads;

/// <summary>What a load generator says of its run.</summary>
/// <param name="Requests">Answered in full.</param>
/// <param name="Seconds">How long it made requests.</param>
/// <param name="Errors">Requests and connections that failed.</param>
/// <param name="Latency">Null where the generator does not tell percentiles.</param>
internal sealed record LoadResult(long Requests, double Seconds, long Errors, Latency? Latency)
{
    public double RequestsPerSecond => Requests / Seconds;
}
