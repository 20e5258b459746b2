using System.Net.WebSockets;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>What becomes of a connection of HTTP/1.1 that is upgraded, after whatever was asked on it before.</summary>
internal static class WebSocketActions
{
    private const int MaxMessages = 8;
    private const int MaxMessage = 100_000;
    private const int MaxPiece = 20_000;

    // A handler that takes more than any client sends.
    private const int NoEnd = 1000;

    public static IReadOnlyList<RequestAction> All { get; } =
    [
        new("WebSocket, closed by the client", 4, ClosedByClientAsync),
        new("WebSocket, closed by the server", 2, ClosedByServerAsync),
        new("WebSocket, reset in a message", 2, ResetAsync),
        new("WebSocket, end in a message", 1, EndAsync),
    ];

    private static async Task<bool> ClosedByClientAsync(RawClient client, Random random)
    {
        using var socket = await UpgradeAsync(client, NoEnd);
        for (var left = random.Next(MaxMessages); left > 0; left--)
        {
            await EchoAsync(socket, random);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "enough", CancellationToken.None);
        Assert.Equal("enough", socket.CloseStatusDescription);
        return false;
    }

    private static async Task<bool> ClosedByServerAsync(RawClient client, Random random)
    {
        var messages = random.Next(MaxMessages);
        using var socket = await UpgradeAsync(client, messages);
        for (var i = 0; i < messages; i++)
        {
            await EchoAsync(socket, random);
        }

        var close = await socket.ReceiveAsync(new byte[1].AsMemory(), CancellationToken.None);
        Assert.Equal(WebSocketMessageType.Close, close.MessageType);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
        return false;
    }

    private static async Task<bool> ResetAsync(RawClient client, Random random)
    {
        var (socket, _) = await BeginMessageAsync(client, random);
        using (socket)
        {
            client.Reset();
            return false;
        }
    }

    private static async Task<bool> EndAsync(RawClient client, Random random)
    {
        var (socket, message) = await BeginMessageAsync(client, random);
        using (socket)
        {
            client.Finish();
            await ExpectBeginningAsync(socket, message);
            return false;
        }
    }

    private static async Task<(WebSocket Socket, byte[] Message)> BeginMessageAsync(RawClient client, Random random)
    {
        var socket = await UpgradeAsync(client, NoEnd);
        await EchoAsync(socket, random);
        var message = Pattern.Bytes(random.Next(1, MaxMessage), random.Next());
        await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        return (socket, message);
    }

    /// <summary>The echo of half a message is half a message, as far as it comes.</summary>
    private static async Task ExpectBeginningAsync(WebSocket socket, byte[] message)
    {
        var received = 0;
        var buffer = new byte[MaxPiece];
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                Assert.Equal(WebSocketMessageType.Binary, result.MessageType);
                Assert.False(result.EndOfMessage, "The echo of half a message says that it is whole.");
                Assert.InRange(result.Count, 0, message.Length - received);
                Assert.True(buffer.AsSpan(0, result.Count).SequenceEqual(message.AsSpan(received, result.Count)), $"A byte of the echo from {received} on is wrong.");
                received += result.Count;
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException)
        {
            // The end, at whatever byte.
        }
    }

    private static async Task<WebSocket> UpgradeAsync(RawClient client, int messages)
    {
        await client.SendAsync(
            $"GET {SoakRoutes.Path(SoakRoutes.Echo, messages, salt: 0)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n");
        Assert.Equal(StatusCodes.Status101SwitchingProtocols, (await client.ReadReplyAsync()).Status);
        return WebSocket.CreateFromStream(
            new NetworkStream(client.Socket), new WebSocketCreationOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
    }

    private static async Task EchoAsync(WebSocket socket, Random random)
    {
        var salt = random.Next();
        var message = Pattern.Bytes(random.Next(MaxMessage), salt);
        var piece = random.Next(1, MaxPiece);

        // The echo begins before the message is complete, so both directions have to flow at once.
        var sending = SendInPiecesAsync(socket, message, piece);
        var received = new MemoryStream();
        var buffer = new byte[random.Next(1, MaxPiece)];
        ValueWebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            Assert.Equal(WebSocketMessageType.Binary, result.MessageType);
            received.Write(buffer.AsSpan(0, result.Count));
        }
        while (!result.EndOfMessage);
        await sending;
        Expect.Pattern(received.ToArray(), message.Length, salt);
    }

    private static async Task SendInPiecesAsync(WebSocket socket, byte[] message, int piece)
    {
        var sent = 0;
        do
        {
            var count = Math.Min(piece, message.Length - sent);
            var isEnd = sent + count == message.Length;
            await socket.SendAsync(message.AsMemory(sent, count), WebSocketMessageType.Binary, isEnd, CancellationToken.None);
            sent += count;
        }
        while (sent < message.Length);
    }
}
