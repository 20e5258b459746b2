using System.Buffers;
using System.Net.WebSockets;

namespace HelloRio.Routes;

/// <summary>Sends every WebSocket message back, fragment by fragment.</summary>
internal static class WebSocketEchoRoute
{
    private const int FragmentSize = 16 * 1024;

    public static async Task RespondAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("/ws speaks WebSocket only\n");
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var fragment = ArrayPool<byte>.Shared.Rent(FragmentSize);
        try
        {
            await EchoAsync(socket, fragment, stopping);
        }
        catch (WebSocketException)
        {
            // The peer went without a close handshake; there is nobody left to tell.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(fragment);
        }
    }

    private static async Task EchoAsync(WebSocket socket, byte[] fragment, CancellationToken stopping)
    {
        var stopped = Task.Delay(Timeout.InfiniteTimeSpan, stopping);
        while (true)
        {
            var receive = socket.ReceiveAsync(fragment, CancellationToken.None);
            if (await Task.WhenAny(receive, stopped) != receive && socket.State == WebSocketState.Open)
            {
                // Cancelling the receive would reset the connection; this way the peer learns why it ends.
                await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "stopping", CancellationToken.None);
            }

            var received = await receive;
            if (received.MessageType == WebSocketMessageType.Close)
            {
                if (socket.State == WebSocketState.CloseReceived)
                {
                    await socket.CloseOutputAsync(
                        socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure,
                        socket.CloseStatusDescription,
                        CancellationToken.None);
                }

                return;
            }

            if (socket.State == WebSocketState.Open)
            {
                await socket.SendAsync(
                    fragment.AsMemory(0, received.Count),
                    received.MessageType,
                    received.EndOfMessage,
                    CancellationToken.None);
            }
        }
    }
}
