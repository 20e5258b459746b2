using System.Diagnostics.CodeAnalysis;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>The one place that knows which platform has which provider.</summary>
internal static class RegisteredIoProvider
{
    public static bool ServesUnixSockets => OperatingSystem.IsLinux();

    /// <summary>The provider of this machine, or why there is none and what can be done about it.</summary>
    public static bool TryCreate([NotNullWhen(true)] out RegisteredIo? io, [NotNullWhen(false)] out string? reason)
    {
        io = null;
        if (!OperatingSystem.IsLinux())
        {
            reason = "This version has a provider for Linux only.";
            return false;
        }

        if (!IoUringProbe.IsAvailable(out reason))
        {
            return false;
        }

        io = new IoUringIo();
        return true;
    }
}
