using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>The C library's wrappers that a network of one's own needs (fcntl.h, poll.h, sched.h, sys/eventfd.h, sys/ioctl.h, unistd.h).</summary>
internal static unsafe partial class LibC
{
    public const int ReadOnlyCloseOnExec = 0x80000;
    public const int ReadWriteNonBlockingCloseOnExec = 0x80802;
    public const int NewNetwork = 0x40000000;
    public const int EventFdCloseOnExec = 0x80000;
    public const int InternetFamily = 2;
    public const int StreamCloseOnExec = 0x80001;
    public const short PollIn = 0x1;

    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int NoSuchDevice = 6;
    public const int WouldBlock = 11;
    public const int AccessDenied = 13;
    public const int NoDevice = 19;
    public const int NoSuchCall = 38;

    private const string Library = "libc";

    public static Exception Failure(string what, int errno) => new Win32Exception(errno, $"{what}: {Marshal.GetPInvokeErrorMessage(errno)}");

    /// <summary>Throws when the call that has given the result has failed.</summary>
    public static int Check(int result, string what) => result >= 0 ? result : throw Failure(what, Marshal.GetLastPInvokeError());

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, byte* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeFileHandle file, byte* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, nuint request, InterfaceRequest* argument);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initialValue, int flags);

    [LibraryImport(Library, EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeFileHandle target, int kind);
}
