namespace LoadDriver.Loads;

/// <summary>Percentiles of the time from a request to its answer, in microseconds; null where the generator fails to tell.</summary>
internal readonly record struct Latency(double? P50, double? P90, double? P99, double? P999);
