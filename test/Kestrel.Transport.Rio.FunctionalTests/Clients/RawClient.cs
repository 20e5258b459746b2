using System.Globalization;

namespace Kestrel.Transport.Rio.FunctionalTests.Clients;

/// <summary>A client that controls each byte and each segment it sends, and sees FIN and RST apart.</summary>
public sealed class RawClient : IDisposable
{
    private const int ReceiveSize = 64 * 1024;

    private readonly CancellationToken _deadline;
    private readonly byte[] _received = new byte[ReceiveSize];
    private ReadOnlyMemory<byte> _unread;

    private RawClient(Socket socket, CancellationToken deadline)
    {
        Socket = socket;
        _deadline = deadline;
    }

    public Socket Socket { get; }

    public static Task<RawClient> ConnectAsync(EndPoint endPoint, CancellationToken deadline, Action<Socket>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        return ConnectAsync(socket, endPoint, deadline, configure);
    }

    /// <summary>With a socket from elsewhere, which is the client's from now on.</summary>
    public static async Task<RawClient> ConnectAsync(
        Socket socket, EndPoint endPoint, CancellationToken deadline, Action<Socket>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        try
        {
            configure?.Invoke(socket);
            await socket.ConnectAsync(endPoint, deadline);
            return new RawClient(socket, deadline);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects until nobody listens any more.</summary>
    public static async Task UntilRefusedAsync(EndPoint endPoint, CancellationToken deadline)
    {
        while (await IsAcceptedAsync(endPoint, deadline))
        {
        }
    }

    /// <summary>Whether somebody listens.</summary>
    public static async Task<bool> IsAcceptedAsync(EndPoint endPoint, CancellationToken deadline)
    {
        try
        {
            using var client = await ConnectAsync(endPoint, deadline);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
        {
            return false;
        }
    }

    public Task SendAsync(string text) => SendAsync(Encoding.ASCII.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await Socket.SendAsync(bytes, SocketFlags.None, _deadline)..];
        }
    }

    public Task GetAsync(string path) => SendAsync($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");

    /// <summary>What has come in, at most <paramref name="limit"/> bytes; empty at the server's FIN.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(int limit = ReceiveSize)
    {
        limit = Math.Min(limit, ReceiveSize);
        if (_unread.IsEmpty)
        {
            _unread = _received.AsMemory(0, await Socket.ReceiveAsync(_received.AsMemory(0, limit), SocketFlags.None, _deadline));
            if (_unread.IsEmpty && Wine.ForgotReset(Socket))
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }
        }

        var part = _unread[..Math.Min(limit, _unread.Length)];
        _unread = _unread[part.Length..];
        return part;
    }

    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var part = await ReadAsync(count - filled);
            Assert.False(part.IsEmpty, $"The server ended the connection after {filled} of {count} bytes.");
            part.CopyTo(bytes.AsMemory(filled));
            filled += part.Length;
        }

        return bytes;
    }

    public async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            var next = (char)(await ReadExactlyAsync(1))[0];
            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(next);
        }
    }

    /// <summary>One HTTP/1 response, by its Content-Length or chunks. <paramref name="bodiless"/>: the answer to a HEAD.</summary>
    public async Task<HttpReply> ReadReplyAsync(bool bodiless = false)
    {
        var status = int.Parse((await ReadLineAsync()).Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new HttpReply(status, headers, bodiless ? [] : await ReadBodyAsync(headers));
    }

    /// <summary>Reads until the server ends the connection, one way or the other.</summary>
    public async Task<PeerEnd> ReadToEndAsync()
    {
        var bytes = new MemoryStream();
        try
        {
            while (await ReadAsync() is { IsEmpty: false } part)
            {
                bytes.Write(part.Span);
            }

            return new PeerEnd(bytes.ToArray(), WasReset: false);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
        {
            return new PeerEnd(bytes.ToArray(), WasReset: true);
        }
    }

    /// <summary>Sends FIN and goes on receiving.</summary>
    public void Finish() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Sends RST.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Socket.Close();
    }

    public void Dispose() => Socket.Dispose();

    private async Task<byte[]> ReadBodyAsync(Dictionary<string, string> headers)
    {
        if (headers.TryGetValue("Content-Length", out var length))
        {
            return await ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture));
        }

        if (!headers.ContainsKey("Transfer-Encoding"))
        {
            return [];
        }

        var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse(await ReadLineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Write(await ReadExactlyAsync(size));
            Assert.Empty(await ReadLineAsync());
            if (size == 0)
            {
                return body.ToArray();
            }
        }
    }
}
