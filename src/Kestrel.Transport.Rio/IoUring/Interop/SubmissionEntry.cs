using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>struct io_uring_sqe</c> (linux/io_uring.h), the fields of it that are used here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SubmissionEntry
{
    [FieldOffset(0)]
    public Opcode Opcode;

    [FieldOffset(1)]
    public byte Flags;

    /// <summary>Flags of the request for accept, receive and send.</summary>
    [FieldOffset(2)]
    public ushort IoPriority;

    [FieldOffset(4)]
    public int FileDescriptor;

    [FieldOffset(8)]
    public ulong Offset;

    [FieldOffset(16)]
    public ulong Address;

    [FieldOffset(24)]
    public uint Length;

    /// <summary>msg_flags or rw_flags, by opcode.</summary>
    [FieldOffset(28)]
    public uint OperationFlags;

    [FieldOffset(32)]
    public ulong UserData;

    [FieldOffset(40)]
    public ushort BufferIndex;
}
