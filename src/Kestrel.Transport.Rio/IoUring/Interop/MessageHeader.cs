using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>struct msghdr</c> (sys/socket.h), 64-bit.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public nint Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public nint Control;
    public nuint ControlLength;
    public int Flags;
}
