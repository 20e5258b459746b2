using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>
/// Forbids io_uring to this whole process, as a container's seccomp profile does (linux/seccomp.h, linux/filter.h). There is
/// no way back, so only in a child process.
/// </summary>
public static partial class SeccompFilter
{
    public const int IoUringSetup = 425;
    public const int IoUringEnter = 426;
    public const int IoUringRegister = 427;

    /// <summary>From now on the system call, one of those above, fails with the errno.</summary>
    public static unsafe void Forbid(int call, int errno)
    {
        const int PrSetNoNewPrivileges = 38;
        const nint SysSeccomp = 317;
        const nint SetModeFilter = 1;
        const nint AllThreads = 1;

        // struct sock_filter: u16 code, u8 jump if true, u8 jump if false, u32 operand.
        var program = stackalloc ulong[]
        {
            Instruction(0x20, 0, 0, 0), // load the number of the system call
            Instruction(0x15, 0, 1, (uint)call), // is it this one?
            Instruction(0x06, 0, 0, 0x0005_0000 | (uint)errno), // yes: SECCOMP_RET_ERRNO
            Instruction(0x06, 0, 0, 0x7FFF_0000), // no: SECCOMP_RET_ALLOW
        };

        // struct sock_fprog: u16 count, padded to a pointer.
        var header = stackalloc nint[] { 4, (nint)program };
        if (Control(PrSetNoNewPrivileges, 1, 0, 0, 0) != 0 || Syscall(SysSeccomp, SetModeFilter, AllThreads, (nint)header) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private static ulong Instruction(ushort code, byte jumpIfTrue, byte jumpIfFalse, uint operand)
        => code | ((ulong)jumpIfTrue << 16) | ((ulong)jumpIfFalse << 24) | ((ulong)operand << 32);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint operation, nint flags, nint arguments);
}
