using System.Diagnostics;

namespace PlatformBenchmarks.Control;

/// <summary>Totals since the start of the process, and what it holds now.</summary>
internal sealed record ProcessReport
{
    /// <summary>Bytes that the process has allocated on the managed heap so far.</summary>
    public long AllocatedBytes { get; init; }

    public int Gen0Collections { get; init; }

    public int Gen1Collections { get; init; }

    public int Gen2Collections { get; init; }

    public long ManagedBytes { get; init; }

    public long WorkingSet { get; init; }

    public int Threads { get; init; }

    /// <summary>The instruments of the meter <c>Kestrel.Transport.Rio</c>, each summed over its tags; empty with Sockets.</summary>
    public required IReadOnlyDictionary<string, long> Transport { get; init; }

    public static ProcessReport Read(TransportFigures figures)
    {
        using var process = Process.GetCurrentProcess();
        return new ProcessReport
        {
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true),
            Gen0Collections = GC.CollectionCount(0),
            Gen1Collections = GC.CollectionCount(1),
            Gen2Collections = GC.CollectionCount(2),
            ManagedBytes = GC.GetTotalMemory(forceFullCollection: false),
            WorkingSet = process.WorkingSet64,
            Threads = process.Threads.Count,
            Transport = figures.Read(),
        };
    }
}
