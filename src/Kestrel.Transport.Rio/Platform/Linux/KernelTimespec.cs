using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Platform.Linux;

/// <summary><c>struct __kernel_timespec</c> (linux/time_types.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelTimespec(TimeSpan time)
{
    public long Seconds = time.Ticks / TimeSpan.TicksPerSecond;
    public long Nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
}
