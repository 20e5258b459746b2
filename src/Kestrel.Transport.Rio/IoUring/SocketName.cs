using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>The addresses of sockets, without a managed socket.</summary>
internal static unsafe class SocketName
{
    // struct sockaddr_storage (sys/socket.h): no address is longer.
    public const int MaxLength = 128;

    public static EndPoint? OfSocket(int descriptor, EndPoint family)
    {
        var address = stackalloc byte[MaxLength];
        var length = (uint)MaxLength;
        return LibC.GetSocketName(descriptor, address, &length) == 0 ? Create(family, address, length) : null;
    }

    public static EndPoint? Create(EndPoint? family, byte* address, uint length)
    {
        // Of an inherited handle's family (vsock, say) .NET may know nothing; others can make one of the bytes.
        if (family is not (IPEndPoint or UnixDomainSocketEndPoint))
        {
            return null;
        }

        var socketAddress = new SocketAddress(family.AddressFamily, (int)length);
        new ReadOnlySpan<byte>(address, (int)length).CopyTo(socketAddress.Buffer.Span);
        return family.Create(socketAddress);
    }
}
