using System.Diagnostics;

namespace HelloRio.Figures;

/// <summary>What the process holds, as the runtime and the system see it.</summary>
internal sealed record ProcessFigures(long ManagedBytes, long CommittedBytes, long ResidentBytes, int OpenDescriptors, int Threads)
{
    public static ProcessFigures Read()
    {
        using var process = Process.GetCurrentProcess();
        return new ProcessFigures(
            GC.GetTotalMemory(forceFullCollection: false),
            GC.GetGCMemoryInfo().TotalCommittedBytes,
            process.WorkingSet64,
            process.HandleCount,
            process.Threads.Count);
    }
}
