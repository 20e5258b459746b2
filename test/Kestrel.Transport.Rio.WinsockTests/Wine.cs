using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.WinsockTests;

/// <summary>Wine is not Windows in everything; what it lacks is skipped by name.</summary>
internal static unsafe partial class Wine
{
    // Of a thread's environment block (TEB, winternl.h): the innermost of the frames in which Wine's own code handles exceptions.
    private const nint NoFrames = -1;

    public static bool IsHere { get; } = OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("ntdll.dll", out var ntdll)
        && NativeLibrary.TryGetExport(ntdll, "wine_get_version", out _);

    /// <summary>
    /// When an exception leaves a method that was invoked by reflection, as every test is, the runtime leaves native frames
    /// behind without a word to Wine 8. Wine finds what is left of its own with the next exception on the thread, calls into
    /// it, and the thread is gone without a word. So it is made to forget them, at the last moment before it looks.
    /// </summary>
#pragma warning disable CA2255 // Before the first exception; and this is a program.
    [ModuleInitializer]
#pragma warning restore CA2255
    public static void SurviveExceptions()
    {
        if (IsHere)
        {
            AppDomain.CurrentDomain.FirstChanceException += static (_, _) => ForgetFrames();
        }
    }

    private static void ForgetFrames()
    {
        ThreadInformation information;
        if (QueryThread(CurrentThread, BasicInformation, &information, sizeof(ThreadInformation), null) == 0)
        {
            *information.Environment = NoFrames;
        }
    }

    private const nint CurrentThread = -2;
    private const int BasicInformation = 0;

    [LibraryImport("ntdll", EntryPoint = "NtQueryInformationThread")]
    private static partial int QueryThread(nint thread, int what, ThreadInformation* information, int length, uint* returned);

    /// <summary><c>THREAD_BASIC_INFORMATION</c> (ntddk.h), as far as it is needed here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    private struct ThreadInformation
    {
        [FieldOffset(8)]
        public nint* Environment;
    }
}
