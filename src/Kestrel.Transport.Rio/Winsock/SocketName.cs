using System.Net;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>Addresses of sockets, without a managed socket.</summary>
internal static unsafe class SocketName
{
    // SOCKADDR_STORAGE (ws2def.h): no address is longer.
    private const int MaxLength = 128;

    public static EndPoint? OfSocket(nint socket, EndPoint family)
    {
        var address = stackalloc byte[MaxLength];
        var length = MaxLength;
        return Ws2.GetSocketName(socket, address, &length) == 0 ? Create(family, address, length) : null;
    }

    public static EndPoint Create(EndPoint family, byte* address, int length)
    {
        var socketAddress = new SocketAddress(family.AddressFamily, length);
        new ReadOnlySpan<byte>(address, length).CopyTo(socketAddress.Buffer.Span);
        return family.Create(socketAddress);
    }
}
