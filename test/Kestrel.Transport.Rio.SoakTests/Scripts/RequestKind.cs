using System.Globalization;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Scripts;

/// <summary>A request, and what its answer is made of.</summary>
/// <param name="Bytes">What is sent.</param>
/// <param name="Length">The length of the body that has to come back.</param>
/// <param name="Salt">What the body depends on.</param>
/// <param name="Text">The body; null when it is the pattern.</param>
/// <param name="IsEndedByConnection">Nothing but the end of the connection says where the body ends.</param>
internal sealed record RequestKind(byte[] Bytes, int Length, int Salt, string? Text, bool IsEndedByConnection)
{
    private const int LongestBody = 128 << 10;
    private const int LongestWait = 50;

    /// <summary>The first line.</summary>
    public string Line => Encoding.ASCII.GetString(Bytes.AsSpan(0, Bytes.AsSpan().IndexOf((byte)'\r')));

    /// <summary>Mostly short ones, as everywhere; and each way in which an answer can say how long it is.</summary>
    public static RequestKind Choose(Random random)
    {
        var (length, salt) = (random.Next(1, LongestBody), random.Next());
        return random.Next(10) switch
        {
            0 => OfPattern(SoakRoutes.Stream, length, salt),
            1 => OfPattern(SoakRoutes.Chunks, length, salt),
            2 => OfPattern(SoakRoutes.Chunks, length, salt, "1.0"),
            3 or 4 => OfGreeting(SoakRoutes.Wait, random.Next(LongestWait), salt),
            _ => OfGreeting(SoakRoutes.Short, 0, salt),
        };
    }

    public static RequestKind OfPattern(string route, int length, int salt, string version = "1.1")
        => new(Get(route, length, salt, version), length, salt, Text: null, IsEndedByConnection: string.Equals(version, "1.0", StringComparison.Ordinal));

    public static RequestKind OfGreeting(string route, int amount, int salt) => OfText(Get(route, amount, salt), salt, SoakRoutes.Greeting(salt));

    /// <summary>With the body's length before it.</summary>
    public static RequestKind OfUpload(int length, int salt)
        => OfText(
            [.. PostHead(salt, string.Create(CultureInfo.InvariantCulture, $"Content-Length: {length}")), .. Pattern.Bytes(length, salt)],
            salt,
            Pattern.Digest(length, salt));

    /// <summary>In chunks of any size.</summary>
    public static RequestKind OfChunkedUpload(int length, int salt, Random random)
    {
        var body = Pattern.Bytes(length, salt);
        List<byte> bytes = [.. PostHead(salt, "Transfer-Encoding: chunked")];
        for (var at = 0; at < length;)
        {
            var count = random.Next(1, length - at + 1);
            bytes.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{count:x}\r\n")));
            bytes.AddRange(body[at..(at + count)]);
            bytes.AddRange("\r\n"u8);
            at += count;
        }

        bytes.AddRange("0\r\n\r\n"u8);
        return OfText([.. bytes], salt, Pattern.Digest(length, salt));
    }

    /// <summary>That its answer has so many bytes more than there will be.</summary>
    public RequestKind Announcing(int more) => this with { Length = Length + more };

    /// <summary>Throws unless these are the bytes of the body from there on.</summary>
    public void Check(ReadOnlySpan<byte> body, int offset)
    {
        if (body.Length > Length - offset)
        {
            throw new WrongAnswerException($"More than the {Length} bytes of the body came.");
        }

        var expected = new byte[body.Length];
        if (Text is null)
        {
            Pattern.Fill(expected, offset, Salt);
        }
        else
        {
            Encoding.ASCII.GetBytes(Text, offset, body.Length, expected, 0);
        }

        if (!body.SequenceEqual(expected))
        {
            throw new WrongAnswerException($"Of the {body.Length} bytes at {offset} of the body one is wrong.");
        }
    }

    private static RequestKind OfText(byte[] bytes, int salt, string text) => new(bytes, text.Length, salt, text, IsEndedByConnection: false);

    private static byte[] Get(string route, int amount, int salt, string version = "1.1")
        => Encoding.ASCII.GetBytes($"GET {SoakRoutes.Path(route, amount, salt)} HTTP/{version}\r\nHost: x\r\n\r\n");

    private static byte[] PostHead(int salt, string framing)
        => Encoding.ASCII.GetBytes($"POST {SoakRoutes.Path(SoakRoutes.Upload, 0, salt)} HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n");
}
