using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Kestrel.Transport.Rio.Hosting;

/// <summary>Makes listening sockets the way Kestrel's users expect them.</summary>
internal static class ListenSocket
{
    public static Socket CreateBound(EndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);

        if (endpoint is FileHandleEndPoint handle)
        {
            return OverHandle(handle);
        }

        var listenSocket = endpoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Kestrel's users expect "any" to mean both families, and an IPv6 address to mean that address alone.
            if (endpoint is IPEndPoint ip && ip.Address.Equals(IPAddress.IPv6Any))
            {
                listenSocket.DualMode = true;
            }

            listenSocket.Bind(endpoint);
            return listenSocket;
        }
        catch
        {
            listenSocket.Dispose();
            throw;
        }
    }

    private static Socket OverHandle(FileHandleEndPoint endpoint)
    {
        if (endpoint.FileHandleType is not (FileHandleType.Auto or FileHandleType.Tcp))
        {
            throw new NotSupportedException($"A handle of type {endpoint.FileHandleType} cannot be served as a socket.");
        }

        // Not owned: whoever passed the handle on closes it, as with the Sockets transport.
        return new Socket(new SafeSocketHandle((nint)endpoint.FileHandle, ownsHandle: false));
    }
}
