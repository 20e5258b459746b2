using System.Net.WebSockets;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Upgraded connections: long-lived, both directions at once, ended by either side.</summary>
public abstract class WebSockets(Engine engine) : FunctionalTest(engine)
{
    [Theory]
    [InlineData(WebSocketMessageType.Text, 0)]
    [InlineData(WebSocketMessageType.Text, 5)]
    [InlineData(WebSocketMessageType.Binary, 1)]
    [InlineData(WebSocketMessageType.Binary, 4096)]
    [InlineData(WebSocketMessageType.Binary, 1024 * 1024)]
    public async Task A_message_is_echoed(WebSocketMessageType type, int length)
    {
        var host = await StartEchoAsync();
        using var socket = await ConnectAsync(host);
        var message = type == WebSocketMessageType.Text ? Encoding.ASCII.GetBytes(new string('t', length)) : Pattern.Bytes(length);

        // The echo starts before the message is complete, so both directions must flow at once.
        var sending = socket.SendAsync(message, type, endOfMessage: true, Deadline);
        var (echoedType, echo) = await ReceiveAsync(socket);
        await sending;

        Assert.Equal(type, echoedType);
        Assert.True(echo.AsSpan().SequenceEqual(message));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Deadline);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    [Fact]
    public async Task A_thousand_small_messages_are_echoed_in_order()
    {
        const int Count = 1000;
        var host = await StartEchoAsync();
        using var socket = await ConnectAsync(host);

        var sending = Task.Run(
            async () =>
            {
                for (var i = 0; i < Count; i++)
                {
                    await socket.SendAsync(BitConverter.GetBytes(i), WebSocketMessageType.Binary, endOfMessage: true, Deadline);
                }
            },
            Deadline);

        for (var i = 0; i < Count; i++)
        {
            Assert.Equal(i, BitConverter.ToInt32((await ReceiveAsync(socket)).Message));
        }

        await sending;
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Deadline);
    }

    [Fact]
    public async Task The_client_can_close()
    {
        var host = await StartEchoAsync();
        using var socket = await ConnectAsync(host);

        await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "going away", Deadline);

        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
        Assert.Equal("going away", socket.CloseStatusDescription);
    }

    [Fact]
    public async Task The_server_can_close()
    {
        var clientStatus = new TaskCompletionSource<WebSocketCloseStatus?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartAsync(async server =>
        {
            await server.CloseAsync(WebSocketCloseStatus.PolicyViolation, "not you", Deadline);
            clientStatus.SetResult(server.CloseStatus);
        });
        using var socket = await ConnectAsync(host);

        var close = await socket.ReceiveAsync(new byte[10].AsMemory(), Deadline);
        Assert.Equal(WebSocketMessageType.Close, close.MessageType);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "as you like", Deadline);

        Assert.Equal(WebSocketCloseStatus.NormalClosure, await clientStatus.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_client_that_vanishes_ends_the_servers_receive_with_an_exception()
    {
        var receiving = new Signal();
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartAsync(async server =>
        {
            receiving.Set();
            seen.SetResult(await Record.ExceptionAsync(() => server.ReceiveAsync(new byte[10].AsMemory(), Deadline).AsTask()));
        });
        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n");
        await receiving.WaitAsync(Deadline);

        client.Reset();

        Assert.IsType<WebSocketException>(await seen.Task.WaitAsync(Deadline));
    }

    private Task<TestHost> StartEchoAsync() => StartAsync(async server =>
    {
        var buffer = new byte[3000];
        while (true)
        {
            var result = await server.ReceiveAsync(buffer.AsMemory(), Deadline);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await server.CloseOutputAsync(server.CloseStatus!.Value, server.CloseStatusDescription, Deadline);
                return;
            }

            await server.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, Deadline);
        }
    });

    private Task<TestHost> StartAsync(Func<WebSocket, Task> serve) => StartAsync(new HostSetup
    {
        Pipeline = app => app.UseWebSockets(),
        App = async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await serve(socket);
        },
    });

    private async Task<ClientWebSocket> ConnectAsync(TestHost host)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.Port}/"), Deadline);
        return socket;
    }

    private async Task<(WebSocketMessageType Type, byte[] Message)> ReceiveAsync(ClientWebSocket socket)
    {
        var message = new MemoryStream();
        var buffer = new byte[8192];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(), Deadline);
            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return (result.MessageType, message.ToArray());
            }
        }
    }

    public sealed class OnSockets() : WebSockets(Engine.Sockets);

    public sealed class OnRio() : WebSockets(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : WebSockets(Engine.RioInline);

    public sealed class OnRioAdaptive() : WebSockets(Engine.RioAdaptive);
}
