using System.Globalization;

namespace LoadDriver.Machine;

/// <summary>What all processors together have done so far, in seconds.</summary>
/// <param name="Busy">In programs and in the kernel on their behalf; interrupts are nobody's and not in it.</param>
/// <param name="Stolen">Time in which the hypervisor ran somebody else.</param>
internal readonly record struct MachineTime(double Busy, double Stolen)
{
    public static MachineTime Now() => Parse(File.ReadLines("/proc/stat").First());

    /// <summary>From the first line of <c>/proc/stat</c>: user nice system idle iowait irq softirq steal …</summary>
    public static MachineTime Parse(string line)
    {
        var ticks = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture) / CpuTime.TicksPerSecond)
            .ToArray();
        return new MachineTime(ticks[0] + ticks[1] + ticks[2], ticks[7]);
    }
}
