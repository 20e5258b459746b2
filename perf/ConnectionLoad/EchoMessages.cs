using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ConnectionLoad;

/// <summary>
/// Messages to a raw echo, on connections that each send the next when the one before has come back. Begins with a line on
/// <c>start</c>, when all connections have echoed and what is made once is made; they stay until <c>start</c> ends.
/// </summary>
internal static class EchoMessages
{
    private const int MessageLength = 64;
    private const int FirstMessages = 20;

    public static async Task<bool> RunAsync(
        IPEndPoint server,
        int connections,
        TimeSpan duration,
        TextReader start,
        CancellationToken ended)
    {
        var sockets = new List<Socket>(connections);
        try
        {
            for (var i = 0; i < connections; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                sockets.Add(socket);
                await socket.ConnectAsync(server, ended);
            }

            await Task.WhenAll(sockets.Select(socket => EchoAsync(socket, static count => count < FirstMessages, ended)));
            Console.WriteLine($"connected {connections}");
            await start.ReadLineAsync(ended);

            var clock = Stopwatch.StartNew();
            var counts = await Task.WhenAll(sockets.Select(socket => EchoAsync(socket, _ => clock.Elapsed < duration, ended)));
            var seconds = clock.Elapsed.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);
            Console.WriteLine($"echoed {counts.Sum()} messages in {seconds} s");
            await start.ReadToEndAsync(ended);
            return true;
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }
    }

    private static async Task<long> EchoAsync(Socket socket, Func<long, bool> goesOn, CancellationToken ended)
    {
        var sent = new byte[MessageLength];
        var received = new byte[MessageLength];
        var count = 0L;
        for (; goesOn(count); count++)
        {
            sent.AsSpan().Fill((byte)count);
            await socket.SendAsync(sent, ended);
            for (var length = 0; length < MessageLength;)
            {
                var more = await socket.ReceiveAsync(received.AsMemory(length), ended);
                length += more > 0 ? more : throw new IOException("The server closed the connection.");
            }

            if (!received.AsSpan().SequenceEqual(sent))
            {
                throw new IOException("The server echoed something else.");
            }
        }

        return count;
    }
}
