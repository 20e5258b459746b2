using System.Net;
using System.Net.Sockets;

namespace ConnectionLoad;

/// <summary>Connected sockets, by the ten thousand.</summary>
internal static class LoadSocket
{
    // So that ports last: each source address has its own 28,000.
    private const int SourceAddresses = 8;

    // IPPROTO_IP and IP_BIND_ADDRESS_NO_PORT: the port is chosen when connecting, which stays fast however many
    // connections of earlier storms linger in TIME_WAIT. Choosing it when binding took a hundred times as long.
    private const int IpLevel = 0;
    private const int BindAddressNoPort = 24;

    public static async Task<Socket> OpenAsync(IPEndPoint server, int number, CancellationToken ended)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption(IpLevel, BindAddressNoPort, BitConverter.GetBytes(1));
            }

            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(2 + (number % SourceAddresses))]), 0));
            await socket.ConnectAsync(server, ended);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
