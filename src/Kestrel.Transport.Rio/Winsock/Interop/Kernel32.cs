using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary>The functions of kernel32.dll that are needed here (ioapiset.h, handleapi.h).</summary>
internal static unsafe partial class Kernel32
{
    public const nint InvalidHandle = -1;
    public const uint Infinite = 0xFFFF_FFFF;

    private const string Library = "kernel32";

    /// <summary>Makes a port (<paramref name="file"/> is <see cref="InvalidHandle"/>), or ties a handle to one permanently.</summary>
    [LibraryImport(Library, EntryPoint = "CreateIoCompletionPort", SetLastError = true)]
    public static partial nint CreateIoCompletionPort(nint file, nint existingPort, nint key, uint concurrentThreads);

    [LibraryImport(Library, EntryPoint = "GetQueuedCompletionStatusEx", SetLastError = true)]
    public static partial int GetQueuedCompletionStatuses(
        nint port, OverlappedEntry* entries, uint count, uint* removed, uint milliseconds, int alertable);

    [LibraryImport(Library, EntryPoint = "PostQueuedCompletionStatus", SetLastError = true)]
    public static partial int PostQueuedCompletionStatus(nint port, uint bytes, nint key, OverlappedBlock* overlapped);

    /// <summary>The result of an operation that has completed; its error is a Win32 one, made of the kernel's.</summary>
    [LibraryImport(Library, EntryPoint = "GetOverlappedResult", SetLastError = true)]
    public static partial int GetOverlappedResult(nint file, OverlappedBlock* overlapped, uint* bytes, int wait);

    [LibraryImport(Library, EntryPoint = "CancelIoEx", SetLastError = true)]
    public static partial int CancelIo(nint file, OverlappedBlock* overlapped);
}
