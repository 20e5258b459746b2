using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConnectionLoad;

/// <summary>One connection, and one request at a time on it.</summary>
internal sealed class LoadConnection : IDisposable
{
    // So that ports last: each source address has its own 28,000.
    private const int SourceAddresses = 8;

    // IPPROTO_IP and IP_BIND_ADDRESS_NO_PORT: the port is chosen when connecting, which stays fast however many
    // connections of earlier storms linger in TIME_WAIT. Choosing it when binding took a hundred times as long.
    private const int IpLevel = 0;
    private const int BindAddressNoPort = 24;

    private const string ExpectedEnd = "\r\n\r\nHello, World!";

    private static readonly byte[] s_request = "GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    private readonly Socket _socket;

    private LoadConnection(Socket socket) => _socket = socket;

    public static async Task<LoadConnection> OpenAsync(IPEndPoint server, int number, CancellationToken ended)
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
            return new LoadConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes a request; throws unless the whole right answer comes.</summary>
    public async Task RequestAsync(CancellationToken ended)
    {
        await _socket.SendAsync(s_request, ended);

        var answer = new byte[512];
        var length = 0;
        while (true)
        {
            var received = await _socket.ReceiveAsync(answer.AsMemory(length), ended);
            if (received == 0)
            {
                throw new IOException("The server closed the connection before its answer was whole.");
            }

            length += received;
            var text = Encoding.ASCII.GetString(answer, 0, length);
            if (text.EndsWith(ExpectedEnd, StringComparison.Ordinal) && text.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal))
            {
                return;
            }

            if (length == answer.Length)
            {
                throw new IOException("The server answered something else.");
            }
        }
    }

    /// <summary>Ends its direction and waits for the server to end the other.</summary>
    public async Task CloseAsync(CancellationToken ended)
    {
        _socket.Shutdown(SocketShutdown.Send);
        if (await _socket.ReceiveAsync(new byte[1], ended) != 0)
        {
            throw new IOException("The server sent more than its answer.");
        }
    }

    public void Dispose() => _socket.Dispose();
}
