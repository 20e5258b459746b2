using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.WinsockTests;

/// <summary>
/// The emulation of Winsock RIO in test/winsock-bench, for machines that have none. The start-up hook in
/// Kestrel.Transport.Rio.WinsockHook points the product at the library that the variable <see cref="Variable"/> names; without
/// it the system's own Winsock is tested.
/// </summary>
internal static partial class TestBench
{
    public const string Variable = "RIO_BENCH_LIBRARY";

    private const string Library = "rio_bench";

    private static readonly string? s_path = Environment.GetEnvironmentVariable(Variable);

    public static bool IsInstalled => !string.IsNullOrEmpty(s_path);

#pragma warning disable CA2255 // Before the first call, whoever makes it; and this is a program.
    [ModuleInitializer]
#pragma warning restore CA2255
    public static void Install()
    {
        if (IsInstalled)
        {
            NativeLibrary.SetDllImportResolver(typeof(TestBench).Assembly, Resolve);
        }
    }

    public static void Configure(string settings)
    {
        if (ConfigureCore(settings) == 0)
        {
            throw new ArgumentException($"The bench does not understand '{settings}'.", nameof(settings));
        }
    }

    /// <summary>Everything it has caught so far.</summary>
    public static unsafe List<string> Breaches()
    {
        const int MaxLength = 1024;
        var text = stackalloc byte[MaxLength];
        var breaches = new List<string>();
        for (var i = 0; i < CountBreaches(); i++)
        {
            _ = GetBreach(i, text, MaxLength);
            breaches.Add(Marshal.PtrToStringUTF8((nint)text) ?? "");
        }

        return breaches;
    }

    /// <summary>What is neither dequeued, closed nor deregistered: requests, request queues, completion queues, registrations.</summary>
    public static unsafe (uint Requests, uint RequestQueues, uint CompletionQueues, uint Registrations) Outstanding()
    {
        var figures = stackalloc uint[4];
        _ = GetOutstanding(figures);
        return (figures[0], figures[1], figures[2], figures[3]);
    }

    public static unsafe BenchCounters Counters()
    {
        var counters = new BenchCounters { Size = (uint)sizeof(BenchCounters) };
        _ = GetCounters(&counters);
        return counters;
    }

    /// <summary>What is there now may stay: the report at the end of the process says nothing of it. Forgets breaches, too.</summary>
    public static void LeaveAsItIs()
    {
        // It reports what is left once.
        _ = ReportCore();
        ResetCore();
    }

    /// <summary>Forgets counters and breaches.</summary>
    public static void Reset() => ResetCore();

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
        => name is Library ? NativeLibrary.Load(s_path!) : 0;

    [LibraryImport(Library, EntryPoint = "rio_bench_configure", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ConfigureCore(string settings);

    [LibraryImport(Library, EntryPoint = "rio_bench_breaches")]
    private static partial int CountBreaches();

    [LibraryImport(Library, EntryPoint = "rio_bench_breach")]
    private static unsafe partial int GetBreach(int index, byte* text, int size);

    [LibraryImport(Library, EntryPoint = "rio_bench_counters")]
    private static unsafe partial int GetCounters(BenchCounters* counters);

    [LibraryImport(Library, EntryPoint = "rio_bench_outstanding")]
    private static unsafe partial int GetOutstanding(uint* outstanding);

    [LibraryImport(Library, EntryPoint = "rio_bench_report")]
    private static partial int ReportCore();

    [LibraryImport(Library, EntryPoint = "rio_bench_reset")]
    private static partial void ResetCore();
}
