using System.Reflection;
using System.Runtime.InteropServices;

#pragma warning disable MA0047, CA1050 // The runtime looks for a type of this name without a namespace (DOTNET_STARTUP_HOOKS).

/// <summary>
/// Makes any program of ours run under Wine, on the emulation of Winsock RIO in test/winsock-bench: the product's own import of
/// ws2_32 is pointed at it, so what runs is the product as it ships. Without <see cref="LibraryVariable"/> the system's own
/// Winsock stays.
/// </summary>
internal static class StartupHook
{
    private const string LibraryVariable = "RIO_BENCH_LIBRARY";
    private const string Product = "Kestrel.Transport.Rio";
    private const string Winsock = "ws2_32";

    private static readonly string? s_library = Environment.GetEnvironmentVariable(LibraryVariable);

    public static void Initialize()
    {
        WineExceptions.Survive();
        if (!string.IsNullOrEmpty(s_library))
        {
            AppDomain.CurrentDomain.AssemblyLoad += static (_, loaded) => Redirect(loaded.LoadedAssembly);
        }
    }

    private static void Redirect(Assembly assembly)
    {
        if (string.Equals(assembly.GetName().Name, Product, StringComparison.Ordinal))
        {
            NativeLibrary.SetDllImportResolver(
                assembly, static (name, _, _) => string.Equals(name, Winsock, StringComparison.Ordinal) ? NativeLibrary.Load(s_library!) : 0);
        }
    }
}
