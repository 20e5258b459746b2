using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Platform.Linux;

/// <summary>
/// The C library's <c>clock_gettime</c>, and the futex through its <c>syscall</c>. Both are ordinary P/Invokes: a thread that sleeps in
/// the kernel must not hold up the garbage collector.
/// </summary>
internal static unsafe partial class ThreadCalls
{
    private const double NanosecondsPerMicrosecond = 1000;

    // linux/futex.h
    private const nint FutexWaitPrivate = 128;
    private const nint FutexWakePrivate = 129;

    private const string Library = "libc";

    // asm/unistd_64.h of x86, and asm-generic/unistd.h: older than 424, from which on all processors have the same numbers.
    private static readonly nint s_sysFutex = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        _ => 0,
    };

    public static bool HasFutex => s_sysFutex != 0;

    /// <summary>
    /// futex(2): sleeps while the word has this value, until it is woken or the time, by CLOCK_MONOTONIC, is over; null means no limit. It
    /// may return early.
    /// </summary>
    public static void FutexWait(int* word, int value, KernelTimespec* time)
        => Syscall(s_sysFutex, (nint)word, FutexWaitPrivate, value, (nint)time, 0, 0);

    /// <summary>futex(2): wakes one thread that sleeps on the word.</summary>
    public static void FutexWake(int* word) => Syscall(s_sysFutex, (nint)word, FutexWakePrivate, 1, 0, 0, 0);

    /// <summary>clock_gettime(2). False when there is no such clock.</summary>
    public static bool TryReadClock(int clock, out TimeSpan time)
    {
        KernelTimespec now;
        var error = GetTime(clock, &now);
        time = error == 0 ? TimeSpan.FromSeconds(now.Seconds) + TimeSpan.FromMicroseconds(now.Nanoseconds / NanosecondsPerMicrosecond) : default;
        return error == 0;
    }

    [LibraryImport(Library, EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, KernelTimespec* time);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);
}
