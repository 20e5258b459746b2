using System.Diagnostics;

namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>What the process holds in the middle of a run, without a collection before: of interest is how it goes on, not one of them.</summary>
internal sealed record RunSample(
    double Seconds,
    long ManagedBytes,
    long ResidentBytes,
    long RegisteredBytes,
    int Descriptors,
    int Threads,
    int Collections0,
    int Collections1,
    int Collections2,
    long Actions)
{
    public static RunSample Take(TimeSpan time, long registeredBytes, long actions)
    {
        using var process = Process.GetCurrentProcess();
        return new RunSample(
            Math.Round(time.TotalSeconds, 1),
            GC.GetTotalMemory(forceFullCollection: false),
            process.WorkingSet64,
            registeredBytes,
            OpenDescriptors.CountByKind().Values.Sum(),
            process.Threads.Count,
            GC.CollectionCount(0),
            GC.CollectionCount(1),
            GC.CollectionCount(2),
            actions);
    }
}
