using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary>
/// The C library's wrappers that are needed here, and its <c>syscall</c> for the three of io_uring, which have none. Every
/// one is an ordinary P/Invoke: a thread that sleeps in the kernel must not delay the garbage collector.
/// </summary>
internal static unsafe partial class LibC
{
    public const int SolSocket = 1;
    public const int SoLinger = 13;
    public const int ShutWrite = 1;
    public const int DuplicateCloseOnExec = 1030;
    public const int ProtReadWrite = 3;
    public const int MapSharedPopulate = 0x8001;
    public const int EventFdCloseOnExec = 0x80000;
    public const int SockCloseOnExec = 0x80000;
    public const int SockNonBlocking = 0x800;
    public const int OpenNonBlocking = 0x800;
    public const int GetFlags = 3;
    public const int SetFlags = 4;
    public const int EpollCloseOnExec = 0x80000;
    public const int EpollAdd = 1;
    public const int EpollRemove = 2;
    public const int EpollModify = 3;
    public const uint MsgDoNotWait = 0x40;
    public const uint MsgNoSignal = 0x4000;

    /// <summary><c>RWF_NOWAIT</c> (linux/fs.h).</summary>
    public const uint ReadDoNotWait = 8;

    private const nint SysIoUringSetup = 425;
    private const nint SysIoUringEnter = 426;
    private const nint SysIoUringRegister = 427;

    // bits/confname.h: _SC_OPEN_MAX
    private const int OpenMax = 4;

    private const string Library = "libc";

    /// <summary>sysconf(3): how many descriptors the process may have. No limit is a large number.</summary>
    public static int MaxDescriptors => GetConfiguration(OpenMax) is > 0 and < int.MaxValue and var max ? (int)max : int.MaxValue;

    public static int IoUringSetup(uint entries, RingParameters* parameters)
        => (int)Syscall2(SysIoUringSetup, (nint)entries, (nint)parameters);

    /// <summary>Submits, without a wait: <c>min_complete</c>, <c>flags</c> and their argument are 0.</summary>
    public static int IoUringEnter(int ring, uint toSubmit) => (int)Syscall6(SysIoUringEnter, ring, (nint)toSubmit, 0, 0, 0, 0);

    public static int IoUringRegister(int ring, RegisterOpcode opcode, void* argument, uint count)
        => (int)Syscall4(SysIoUringRegister, ring, (nint)(uint)opcode, (nint)argument, (nint)count);

    /// <summary>eventfd(2): adds one to the counter.</summary>
    public static void Signal(int eventFd)
    {
        var one = 1UL;
        _ = Write(eventFd, &one, sizeof(ulong));
    }

    /// <summary>fcntl(2): sets <c>O_NONBLOCK</c>. False with the errno when there is no such descriptor.</summary>
    public static bool TrySetNonBlocking(int descriptor)
        => Control(descriptor, GetFlags, 0) is >= 0 and var flags && Control(descriptor, SetFlags, flags | OpenNonBlocking) >= 0;

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int fileDescriptor, long offset);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(nint address, nuint length);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initialValue, int flags);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int set, int operation, int fileDescriptor, void* entry);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int set, void* events, int maxEvents, int milliseconds);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int socket, void* address, uint* length, int flags);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fileDescriptor, void* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fileDescriptor);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int fileDescriptor, int command, int argument);

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int socket, int how);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int socket, int level, int name, void* value, uint length);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(int socket, int level, int name, void* value, uint* length);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int socket, void* address, uint* length);

    [LibraryImport(Library, EntryPoint = "sysconf", SetLastError = true)]
    private static partial nint GetConfiguration(int name);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall2(nint number, nint first, nint second);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall4(nint number, nint first, nint second, nint third, nint fourth);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall6(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);
}
