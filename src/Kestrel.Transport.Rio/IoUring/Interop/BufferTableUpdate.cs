using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>struct io_uring_rsrc_update2</c> (linux/io_uring.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BufferTableUpdate
{
    public uint Offset;
    public uint Reserved;
    public ulong Data;
    public ulong Tags;
    public uint Count;
    public uint Reserved2;
}
