using System.Diagnostics;

namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>
/// What the process holds at some moment, after a collection: without the threads of the pool and the memory that the collector
/// keeps for later, of which the runtime has more or fewer as it sees fit.
/// </summary>
internal sealed record MemorySample(
    long ManagedBytes, long ResidentBytes, long RegisteredBytes, int Threads, IReadOnlyDictionary<string, int> DescriptorKinds)
{
    private const string Tasks = "/proc/self/task";
    private const string PoolWorker = ".NET TP Worker";

    public int Descriptors => DescriptorKinds.Values.Sum();

    /// <param name="registeredBytes">What the transport says that it has registered.</param>
    public static MemorySample Take(long registeredBytes)
    {
        // Twice, for what only a finalizer lets go.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return new MemorySample(
            GC.GetTotalMemory(forceFullCollection: true),
            process.WorkingSet64 - GC.GetGCMemoryInfo().TotalCommittedBytes,
            registeredBytes,
            CountThreads(process),
            OpenDescriptors.CountByKind());
    }

    public override string ToString()
        => $"{ManagedBytes >> 10} KiB managed  {ResidentBytes >> 20} MiB others  {RegisteredBytes >> 20} MiB registered  {Threads} threads  "
            + $"{Descriptors} descriptors ({OpenDescriptors.Describe(DescriptorKinds)})";

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
}
