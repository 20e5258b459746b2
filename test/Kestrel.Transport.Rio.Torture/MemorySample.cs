using System.Diagnostics;

namespace Kestrel.Transport.Rio.Torture;

/// <summary>What the process holds at some moment, after a collection.</summary>
internal sealed record MemorySample(long ManagedBytes, long ResidentBytes, int Threads, int Descriptors)
{
    private const string OpenDescriptors = "/proc/self/fd";

    public static MemorySample Take()
    {
        // Twice, for what only a finalizer lets go.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return new MemorySample(
            GC.GetTotalMemory(forceFullCollection: true),
            process.WorkingSet64,
            process.Threads.Count,
            Directory.Exists(OpenDescriptors) ? Directory.GetFileSystemEntries(OpenDescriptors).Length : 0);
    }
}
