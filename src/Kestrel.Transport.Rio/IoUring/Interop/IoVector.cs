using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>struct iovec</c> (sys/uio.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoVector
{
    public nint Base;
    public nuint Length;
}
