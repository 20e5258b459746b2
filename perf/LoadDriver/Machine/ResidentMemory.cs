using System.Globalization;

namespace LoadDriver.Machine;

/// <summary>The memory of a process that is in memory.</summary>
internal static class ResidentMemory
{
    private const string Field = "VmRSS:";
    private const long Kibi = 1024;

    /// <summary>In bytes.</summary>
    public static long OfProcess(int id) => Parse(File.ReadAllText($"/proc/{id}/status"));

    /// <summary>From the text of <c>/proc/PID/status</c>.</summary>
    public static long Parse(string status)
    {
        var line = status.Split('\n').First(line => line.StartsWith(Field, StringComparison.Ordinal));
        return long.Parse(line[Field.Length..].Replace("kB", null, StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture)
            * Kibi;
    }
}
