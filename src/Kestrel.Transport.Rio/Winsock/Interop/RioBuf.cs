using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>RIO_BUF</c> (mswsockdef.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RioBuf
{
    /// <summary><c>RIO_INVALID_BUFFERID</c> (mswsockdef.h): 0xFFFFFFFF zero-extended to the width of a pointer, not -1.</summary>
    public const uint InvalidBufferId = 0xFFFF_FFFF;

    public nuint BufferId;
    public uint Offset;
    public uint Length;

    public static RioBuf From(in RioBuffer buffer) => new()
    {
        BufferId = (nuint)buffer.Id.Value,
        Offset = (uint)buffer.Offset,
        Length = (uint)buffer.Length,
    };
}
