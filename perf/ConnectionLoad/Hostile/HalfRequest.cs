using System.Net.Sockets;

namespace ConnectionLoad.Hostile;

/// <summary>A request that is never ended, and a reset.</summary>
internal static class HalfRequest
{
    private static readonly byte[] s_half = "GET /plaintext HTTP/1.1\r\nHos"u8.ToArray();

    public static async Task ResetAsync(Socket socket, Pace? pace, FloodTally tally, CancellationToken over)
    {
        await (pace?.AwaitTurnAsync(1, over) ?? ValueTask.CompletedTask);
        await socket.SendAsync(s_half, over);

        // A close that does not linger is a reset.
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        tally.Strike(1);
    }
}
