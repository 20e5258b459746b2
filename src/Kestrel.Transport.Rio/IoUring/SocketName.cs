using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>The addresses of sockets, as this kernel returns them.</summary>
internal static unsafe class SocketName
{
    public static EndPoint? OfSocket(int descriptor, EndPoint family)
    {
        var address = stackalloc byte[SocketAddressBytes.MaxLength];
        var length = (uint)SocketAddressBytes.MaxLength;
        return LibC.GetSocketName(descriptor, address, &length) == 0 ? Create(family, address, length) : null;
    }

    public static EndPoint? Create(EndPoint? family, byte* address, uint length)
    {
        // .NET may not know the family of an inherited handle (vsock, say). Others can make an end point of the bytes.
        return family is IPEndPoint or UnixDomainSocketEndPoint ? SocketAddressBytes.ToEndPoint(family, address, (int)length) : null;
    }
}
