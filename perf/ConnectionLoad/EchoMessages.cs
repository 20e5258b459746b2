using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ConnectionLoad;

/// <summary>Messages to a raw echo, on connections that each send the next when the one before has come back.</summary>
internal static class EchoMessages
{
    private const int MessageLength = 64;

    public static async Task<bool> RunAsync(IPEndPoint server, int connections, TimeSpan duration, CancellationToken ended)
    {
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => EchoAsync(server, clock, duration, ended)));
        var seconds = clock.Elapsed.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);
        Console.WriteLine($"echoed {counts.Sum()} messages in {seconds} s");
        return true;
    }

    private static async Task<long> EchoAsync(IPEndPoint server, Stopwatch clock, TimeSpan duration, CancellationToken ended)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, ended);
        var sent = new byte[MessageLength];
        var received = new byte[MessageLength];
        var count = 0L;
        for (; clock.Elapsed < duration; count++)
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
