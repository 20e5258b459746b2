using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConnectionLoad;

/// <summary>One connection, and one request at a time on it.</summary>
internal sealed class LoadConnection : IDisposable
{
    private const string ExpectedEnd = "\r\n\r\nHello, World!";

    private static readonly byte[] s_request = "GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    private readonly Socket _socket;

    private LoadConnection(Socket socket) => _socket = socket;

    public static async Task<LoadConnection> OpenAsync(IPEndPoint server, int number, CancellationToken ended)
        => new(await LoadSocket.OpenAsync(server, number, ended));

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
