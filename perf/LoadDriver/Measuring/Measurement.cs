using LoadDriver.Loads;
using LoadDriver.Machine;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Measuring;

/// <summary>One run of one row. What it does not tell is null.</summary>
internal sealed record Measurement(Workload Workload, Row Row, int Alternation)
{
    private const double Microseconds = 1e6;

    /// <summary>Which of the processes that its row has had one after the other, from 1 on.</summary>
    public int Process { get; init; } = 1;

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

    /// <summary>What a load has found out. Of a server that answered nothing there is nothing to tell per request.</summary>
    public static Measurement Of(
        LoadWorkload workload, Row row, int alternation, LoadResult load, CpuTime cpu, long? allocatedBytes, Noise noise)
    {
        double? perRequest = load.Requests == 0 ? null : 1.0 / load.Requests;
        return new Measurement(workload, row, alternation)
        {
            RequestsPerSecond = (workload.CountsOnceConnected ? load.MiddleRate : null) ?? load.RequestsPerSecond,
            UserCpu = cpu.User * Microseconds * perRequest,
            SystemCpu = cpu.System * Microseconds * perRequest,
            Latency = load.Latency,
            Allocated = allocatedBytes * perRequest,
            Errors = load.Errors,
            Noise = noise,
        };
    }
}
