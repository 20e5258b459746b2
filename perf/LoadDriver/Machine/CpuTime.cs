using System.Globalization;

namespace LoadDriver.Machine;

/// <summary>What a process has used of the processors so far, in seconds.</summary>
internal readonly record struct CpuTime(double User, double System)
{
    // The kernel shows every clock in /proc in ticks of USER_HZ, which is 100 on all architectures that .NET runs on.
    public const double TicksPerSecond = 100;

    private const int UserField = 11;
    private const int SystemField = 12;
    private const int ReapedUserField = 13;
    private const int ReapedSystemField = 14;

    public double Total => User + System;

    public static CpuTime operator -(CpuTime left, CpuTime right) => new(left.User - right.User, left.System - right.System);

    public static CpuTime operator +(CpuTime left, CpuTime right) => new(left.User + right.User, left.System + right.System);

    /// <summary>Of the process, all its threads.</summary>
    public static CpuTime OfProcess(int id) => Parse(File.ReadAllText($"/proc/{id}/stat"), UserField, SystemField);

    /// <summary>Of this process and the children that it has waited for.</summary>
    public static CpuTime OfSelfAndReapedChildren()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return Parse(stat) + Parse(stat, ReapedUserField, ReapedSystemField);
    }

    /// <summary>From the text of <c>/proc/PID/stat</c>.</summary>
    public static CpuTime Parse(string stat) => Parse(stat, UserField, SystemField);

    private static CpuTime Parse(string stat, int userField, int systemField)
    {
        // The second field is the name in brackets, and a name may hold blanks and brackets itself.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new CpuTime(Seconds(fields[userField]), Seconds(fields[systemField]));
    }

    private static double Seconds(string ticks) => long.Parse(ticks, CultureInfo.InvariantCulture) / TicksPerSecond;
}
