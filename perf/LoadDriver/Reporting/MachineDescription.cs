using System.Runtime.InteropServices;
using LoadDriver.Machine;

namespace LoadDriver.Reporting;

/// <summary>What the run was made on.</summary>
internal static class MachineDescription
{
    public static string Read()
    {
        var processor = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?
            .Split(':')[1]
            .Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024 * 1024);
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        return $"{Environment.ProcessorCount} processors ({processor}), {memory} GiB, Linux {kernel},"
            + $" {RuntimeInformation.FrameworkDescription}";
    }

    /// <summary>The commit of the clone, with a mark when it is not what is built; null outside of a clone.</summary>
    public static async Task<string?> CommitAsync(CancellationToken ended)
    {
        try
        {
            return (await ChildProcess.RunAsync(
                Pinning.None, "git", ["-C", Repository.Root, "describe", "--always", "--dirty"], ended)).Trim();
        }
        catch (Exception none) when (none is LoadFailedException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
