using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>struct io_uring_getevents_arg</c> (linux/io_uring.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GetEventsArgument
{
    public ulong SignalMask;
    public uint SignalMaskSize;
    public uint MinimumWaitMicroseconds;
    public ulong Timespec;
}
