using System.Net;

namespace Kestrel.Transport.Rio.Contract.Support;

/// <summary>End points from the bytes that a kernel writes, without a managed socket.</summary>
internal static unsafe class SocketAddressBytes
{
    /// <summary>The size of <c>SOCKADDR_STORAGE</c> (ws2def.h) and <c>struct sockaddr_storage</c> (sys/socket.h): no address is longer.</summary>
    public const int MaxLength = 128;

    /// <param name="family">An end point of the address family, which makes the result.</param>
    /// <param name="address">A <c>sockaddr</c>.</param>
    /// <param name="length">The bytes of it.</param>
    public static EndPoint ToEndPoint(EndPoint family, byte* address, int length)
    {
        var socketAddress = new SocketAddress(family.AddressFamily, length);
        new ReadOnlySpan<byte>(address, length).CopyTo(socketAddress.Buffer.Span);
        return family.Create(socketAddress);
    }
}
