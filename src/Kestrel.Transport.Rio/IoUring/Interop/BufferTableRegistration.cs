using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>struct io_uring_rsrc_register</c> (linux/io_uring.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BufferTableRegistration
{
    /// <summary><c>IORING_RSRC_REGISTER_SPARSE</c>: the entries are filled later.</summary>
    public const uint Sparse = 1 << 0;

    public uint Count;
    public uint Flags;
    public ulong Reserved;
    public ulong Data;
    public ulong Tags;
}
