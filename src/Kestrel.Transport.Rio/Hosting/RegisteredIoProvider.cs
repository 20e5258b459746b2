using System.Diagnostics.CodeAnalysis;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Winsock;

namespace Kestrel.Transport.Rio.Hosting;

/// <summary>The one place that knows which platform has which provider.</summary>
internal static class RegisteredIoProvider
{
    public static bool ServesUnixSockets => OperatingSystem.IsLinux();

    /// <summary>Whether the provider has never run on the system that it is for.</summary>
    public static bool IsExperimental => OperatingSystem.IsWindows();

    /// <summary>The provider of this machine, or why there is none and what can be done about it.</summary>
    public static bool TryCreate([NotNullWhen(true)] out RegisteredIo? io, [NotNullWhen(false)] out string? reason)
    {
        io = null;
        if (OperatingSystem.IsLinux())
        {
            if (IoUringProbe.IsAvailable(out reason))
            {
                io = new IoUringIo();
            }
        }
        else if (OperatingSystem.IsWindows())
        {
            if (WinsockProbe.IsAvailable(out var functions, out reason))
            {
                io = new WinsockIo(functions);
            }
        }
        else
        {
            reason = "Registered I/O is io_uring on Linux and Winsock RIO on Windows; this is another system.";
        }

        return io is not null;
    }
}
