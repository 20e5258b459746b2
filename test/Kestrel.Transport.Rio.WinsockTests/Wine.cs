using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.WinsockTests;

/// <summary>Wine is not Windows in everything; what it lacks is skipped by name.</summary>
internal static class Wine
{
    public static bool IsHere { get; } = OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("ntdll.dll", out var ntdll)
        && NativeLibrary.TryGetExport(ntdll, "wine_get_version", out _);
}
