using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>OVERLAPPED</c> (minwinbase.h). The runtime's own is tied to its thread pool.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OverlappedBlock
{
    /// <summary><c>STATUS_PENDING</c> (winnt.h), as it stands in <see cref="Internal"/> until the operation has completed.</summary>
    public const nint StatusPending = 0x103;

    /// <summary>The <c>NTSTATUS</c>, in the kernel's numbers and not in Winsock's.</summary>
    public nint Internal;

    public nint InternalHigh;
    public uint Offset;
    public uint OffsetHigh;

    /// <summary>An event, or 0. With its lowest bit set the completion goes to no I/O completion port.</summary>
    public nint EventHandle;
}
