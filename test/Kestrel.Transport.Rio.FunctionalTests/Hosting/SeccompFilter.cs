using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>Takes a system call away from this process, for good (seccomp(2)).</summary>
public static unsafe partial class SeccompFilter
{
    /// <summary>The same number on every architecture.</summary>
    public const uint IoUringSetup = 425;

    private const int SetNoNewPrivileges = 38;
    private const nint SetModeFilter = 1;
    private const nint AllThreads = 1;

    // One instruction of a classic BPF program: code (16 bits), jump if true, jump if false (8 bits each), operand (32 bits).
    private const ulong LoadSystemCallNumber = 0x20;
    private const ulong SkipOneUnlessEqual = 0x15 | (1UL << 24);
    private const ulong Return = 0x06;
    private const ulong Allow = 0x7FFF0000;
    private const ulong Fail = 0x00050000;

    public static void Forbid(uint systemCall, int errno)
    {
        var program = stackalloc ulong[]
        {
            LoadSystemCallNumber,
            SkipOneUnlessEqual | ((ulong)systemCall << 32),
            Return | ((Fail | (uint)errno) << 32),
            Return | (Allow << 32),
        };

        // struct sock_fprog: the number of instructions, padding, and where they are.
        var header = stackalloc nint[] { 4, (nint)program };
        Check(Prctl(SetNoNewPrivileges, 1, 0, 0, 0));
        Check(SystemCall(SeccompNumber, SetModeFilter, AllThreads, (nint)header));
    }

    private static nint SeccompNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 317,
        Architecture.Arm64 => 277,
        var other => throw new PlatformNotSupportedException($"The number of seccomp(2) on {other} is not known here."),
    };

    private static void Check(nint result)
    {
        if (result != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nint argument2, nint argument3, nint argument4, nint argument5);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint argument1, nint argument2, nint argument3);
}
