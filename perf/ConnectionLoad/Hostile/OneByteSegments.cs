using System.Net.Sockets;

namespace ConnectionLoad.Hostile;

/// <summary>Requests, of which each byte is a segment of its own.</summary>
internal static class OneByteSegments
{
    private static readonly byte[] s_request = "GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    /// <summary>A request, byte by byte, and another when it is answered.</summary>
    public static async Task SendAsync(Socket socket, Pace? pace, FloodTally tally, CancellationToken over)
    {
        var answer = new byte[4096];
        while (true)
        {
            for (var i = 0; i < s_request.Length; i++)
            {
                await (pace?.AwaitTurnAsync(1, over) ?? ValueTask.CompletedTask);
                await socket.SendAsync(s_request.AsMemory(i, 1), over);
            }

            tally.Strike(s_request.Length);
            if (await socket.ReceiveAsync(answer, over) == 0)
            {
                throw new SocketException((int)SocketError.Disconnecting);
            }
        }
    }
}
