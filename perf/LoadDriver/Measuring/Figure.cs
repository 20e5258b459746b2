namespace LoadDriver.Measuring;

/// <summary>Something that a measurement tells.</summary>
/// <param name="Name">As the report and the plots call it.</param>
/// <param name="Read">Its value; null when the measurement does not tell it.</param>
/// <param name="MoreIsBetter">Otherwise less is.</param>
internal sealed record Figure(string Name, Func<Measurement, double?> Read, bool MoreIsBetter = false)
{
    public static readonly Figure RequestsPerSecond = new("requests/s", static run => run.RequestsPerSecond, MoreIsBetter: true);
    public static readonly Figure Cpu = new("CPU per request", static run => run.Cpu);
    public static readonly Figure UserCpu = new("user CPU per request", static run => run.UserCpu);
    public static readonly Figure SystemCpu = new("system CPU per request", static run => run.SystemCpu);
    public static readonly Figure P50 = new("p50", static run => run.Latency?.P50);
    public static readonly Figure P90 = new("p90", static run => run.Latency?.P90);
    public static readonly Figure P99 = new("p99", static run => run.Latency?.P99);
    public static readonly Figure P999 = new("p99.9", static run => run.Latency?.P999);
    public static readonly Figure Allocated = new("allocated bytes per request", static run => run.Allocated);
    public static readonly Figure BytesPerConnection = new("bytes of memory per connection", static run => run.BytesPerConnection);
}
