using System.Runtime.InteropServices;

#pragma warning disable MA0047, CA1050 // As StartupHook.

/// <summary>
/// When an exception leaves a method that was invoked by reflection, as every test is, the runtime resumes past native frames
/// without a word to Wine 8. With the next exception on that thread Wine finds what is left of its own frames, calls into
/// it, and the thread is gone in silence. So Wine is made to forget them, at the last moment before it looks.
/// </summary>
internal static unsafe partial class WineExceptions
{
    private const nint CurrentThread = -2;
    private const int BasicInformation = 0;
    private const nint NoFrames = -1;

    public static void Survive()
    {
        if (OperatingSystem.IsWindows()
            && NativeLibrary.TryLoad("ntdll.dll", out var ntdll)
            && NativeLibrary.TryGetExport(ntdll, "wine_get_version", out _))
        {
            AppDomain.CurrentDomain.FirstChanceException += static (_, _) => ForgetFrames();
        }
    }

    private static void ForgetFrames()
    {
        ThreadInformation information;
        if (QueryThread(CurrentThread, BasicInformation, &information, sizeof(ThreadInformation), null) == 0)
        {
            *information.ExceptionList = NoFrames;
        }
    }

    [LibraryImport("ntdll", EntryPoint = "NtQueryInformationThread")]
    private static partial int QueryThread(nint thread, int what, ThreadInformation* information, int length, uint* returned);

    /// <summary>
    /// <c>THREAD_BASIC_INFORMATION</c> (ntddk.h), as far as it is needed here: the thread's environment block (TEB), which begins
    /// with the list of frames that handle exceptions.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    private struct ThreadInformation
    {
        [FieldOffset(8)]
        public nint* ExceptionList;
    }
}
