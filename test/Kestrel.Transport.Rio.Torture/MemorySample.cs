using System.Diagnostics;

namespace Kestrel.Transport.Rio.Torture;

/// <summary>What the process holds at some moment.</summary>
internal sealed record MemorySample(double Seconds, long ManagedBytes, long ResidentBytes, int Threads, int Descriptors)
{
    public static MemorySample Take(TimeSpan at)
    {
        using var process = Process.GetCurrentProcess();
        return new MemorySample(
            Math.Round(at.TotalSeconds, 1),
            GC.GetTotalMemory(forceFullCollection: true),
            process.WorkingSet64,
            process.Threads.Count,
            Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0);
    }
}
