using System.Diagnostics;

namespace Kestrel.Transport.Rio.Torture;

/// <summary>
/// What the process holds at some moment, after a collection: without the threads of the pool and the memory that the collector
/// keeps for later, of which the runtime has more or fewer as it sees fit.
/// </summary>
internal sealed record MemorySample(long ManagedBytes, long ResidentBytes, int Threads, int Descriptors)
{
    private const string OpenDescriptors = "/proc/self/fd";
    private const string Tasks = "/proc/self/task";
    private const string PoolWorker = ".NET TP Worker";

    public static MemorySample Take()
    {
        // Twice, for what only a finalizer lets go.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return new MemorySample(
            GC.GetTotalMemory(forceFullCollection: true),
            process.WorkingSet64 - GC.GetGCMemoryInfo().TotalCommittedBytes,
            CountThreads(process),
            CountDescriptors());
    }

    /// <summary>Without those of assemblies; 0 where the system does not say.</summary>
    public static int CountDescriptors()
        => Directory.Exists(OpenDescriptors) ? new DirectoryInfo(OpenDescriptors).EnumerateFileSystemInfos().Count(static entry => !IsAssembly(entry)) : 0;

    /// <summary>By their names: the pool's own count is ahead of its threads while they end.</summary>
    private static int CountThreads(Process process)
        => Directory.Exists(Tasks) ? Directory.EnumerateDirectories(Tasks).Count(static task => !IsOfPool(task)) : process.Threads.Count - ThreadPool.ThreadCount;

    private static bool IsOfPool(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith(PoolWorker, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has ended meanwhile: nobody's.
            return true;
        }
    }

    /// <summary>The runtime keeps those that it has loaded, and loads some of them late.</summary>
    private static bool IsAssembly(FileSystemInfo descriptor)
        => descriptor.LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) == true;
}
