using LoadDriver.Loads;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Measuring;

/// <summary>One run of one row. What it does not tell is null.</summary>
internal sealed record Measurement(Workload Workload, Row Row, int Alternation)
{
    public double? RequestsPerSecond { get; init; }

    /// <summary>Of the server, in microseconds per request.</summary>
    public double? UserCpu { get; init; }

    /// <summary>Of the server, in microseconds per request.</summary>
    public double? SystemCpu { get; init; }

    public double? Cpu => UserCpu + SystemCpu;

    public Latency? Latency { get; init; }

    /// <summary>Bytes on the managed heap per request, of transport, Kestrel and application together.</summary>
    public double? Allocated { get; init; }

    /// <summary>Resident bytes per idle connection.</summary>
    public double? BytesPerConnection { get; init; }

    public long Errors { get; init; }

    public Noise Noise { get; init; }
}
