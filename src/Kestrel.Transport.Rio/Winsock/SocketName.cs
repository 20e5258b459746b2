using System.Net;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>The addresses of sockets, as Winsock returns them.</summary>
internal static unsafe class SocketName
{
    public static EndPoint? OfSocket(nint socket, EndPoint family)
    {
        var address = stackalloc byte[SocketAddressBytes.MaxLength];
        var length = SocketAddressBytes.MaxLength;
        return Ws2.GetSocketName(socket, address, &length) == 0 ? SocketAddressBytes.ToEndPoint(family, address, length) : null;
    }
}
