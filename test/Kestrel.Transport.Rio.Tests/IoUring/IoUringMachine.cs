using Kestrel.Transport.Rio.IoUring;

namespace Kestrel.Transport.Rio.Tests.IoUring;

/// <summary>Whether io_uring can be tested on this machine.</summary>
internal static class IoUringMachine
{
    /// <summary>Why not, or null when it can. Where there is no Linux there is no libc to ask.</summary>
    public static string? WhyUnavailable { get; } = !OperatingSystem.IsLinux()
        ? "not on this machine: io_uring is Linux's."
        : IoUringProbe.IsAvailable(out var reason) ? null : $"not on this machine: {reason}";
}
