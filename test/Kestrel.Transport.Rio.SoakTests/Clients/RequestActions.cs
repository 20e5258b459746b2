using System.Globalization;
using Kestrel.Transport.Rio.SoakTests.Scripts;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Everything that clients do on a connection of HTTP/1.1, good ones and bad ones.</summary>
internal static class RequestActions
{
    private const int MaxPipelined = 16;
    private const int MaxBody = 300_000;
    private const int HugeBody = 4_000_000;
    private const int MaxPiece = 20_000;

    // So that some resets find all of it read, and some do not.
    private static readonly TimeSpan s_shortPause = TimeSpan.FromMilliseconds(20);

    public static IReadOnlyList<RequestAction> All { get; } =
    [
        new("short, pipelined", 40, ShortAsync),
        new("blocking", 3, static (client, random) => OneAsync(client, SoakRoutes.Block, random.Next(1, 50), random.Next())),
        new("computing", 2, static (client, random) => OneAsync(client, SoakRoutes.Spin, random.Next(1, 8), random.Next())),
        new("waiting", 15, static (client, random) => OneAsync(client, SoakRoutes.Wait, random.Next(0, 50), random.Next())),
        new("download", 8, DownloadAsync),
        new("huge download", 1, static (client, random) => DownloadAsync(client, random, HugeBody)),
        new("slow download", 3, SlowDownloadAsync),
        new("upload", 8, static (client, random) => UploadAsync(client, random, random.Next(MaxBody))),
        new("huge upload", 1, static (client, random) => UploadAsync(client, random, random.Next(MaxBody, HugeBody))),
        new("chunked upload", 5, ChunkedUploadAsync),
        new("failing handler", 2, FailingAsync),
        new("failing handler, after its first flush", 2, FailingLateAsync),
        new("aborted by the server", 3, AbortedByServerAsync),
        new("reset in a request", 2, ResetInRequestAsync),
        new("reset in a response", 3, ResetInResponseAsync),
        new("end in a request", 2, EndInRequestAsync),
        new("end behind a request", 2, EndBehindRequestAsync),
        .. SlowActions.All,
        .. WebSocketActions.All,
    ];

    private static async Task<bool> ShortAsync(RawClient client, Random random)
    {
        var salts = Enumerable.Range(0, random.Next(1, MaxPipelined + 1)).Select(_ => random.Next()).ToList();
        await client.SendAsync(string.Concat(salts.Select(static salt => Get(SoakRoutes.Short, 0, salt))));
        foreach (var salt in salts)
        {
            await ExpectGreetingAsync(client, salt);
        }

        return true;
    }

    private static async Task<bool> OneAsync(RawClient client, string route, int amount, int salt)
    {
        await client.SendAsync(Get(route, amount, salt));
        await ExpectGreetingAsync(client, salt);
        return true;
    }

    private static Task<bool> DownloadAsync(RawClient client, Random random) => DownloadAsync(client, random, MaxBody);

    private static async Task<bool> DownloadAsync(RawClient client, Random random, int most)
    {
        var (length, salt) = (random.Next(1, most), random.Next());
        await client.SendAsync(Get(SoakRoutes.Stream, length, salt));
        var reply = await client.ReadReplyAsync();
        Assert.Equal(StatusCodes.Status200OK, reply.Status);
        Expect.Pattern(reply.Body, length, salt);
        return true;
    }

    private static async Task<bool> SlowDownloadAsync(RawClient client, Random random)
    {
        var (length, salt) = (random.Next(1, MaxBody), random.Next());
        await client.SendAsync(Get(SoakRoutes.Stream, length, salt));
        await ReadHeadAsync(client);
        var received = new MemoryStream();
        while (received.Length < length)
        {
            var part = await client.ReadAsync(Math.Min(random.Next(1, MaxPiece), length - (int)received.Length));
            Assert.False(part.IsEmpty, $"The server ended the connection after {received.Length} of {length} bytes.");
            received.Write(part.Span);
            await PauseAsync(random, TimeSpan.FromMilliseconds(2));
        }

        Expect.Pattern(received.ToArray(), length, salt);
        return true;
    }

    private static async Task<bool> UploadAsync(RawClient client, Random random, int length)
    {
        var salt = random.Next();
        var body = Pattern.Bytes(length, salt);
        await client.SendAsync(Post(body.Length, salt));
        await SendInPiecesAsync(client, random, body);
        return await ExpectDigestAsync(client, body.Length, salt);
    }

    private static async Task<bool> ChunkedUploadAsync(RawClient client, Random random)
    {
        var salt = random.Next();
        var body = Pattern.Bytes(random.Next(1, MaxBody), salt);
        await client.SendAsync($"POST {SoakRoutes.Path(SoakRoutes.Upload, 0, salt)} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (var sent = 0; sent < body.Length;)
        {
            var count = Math.Min(random.Next(1, MaxPiece), body.Length - sent);
            await client.SendAsync(count.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
            await client.SendAsync(body.AsMemory(sent, count));
            await client.SendAsync("\r\n");
            sent += count;
        }

        await client.SendAsync("0\r\n\r\n");
        return await ExpectDigestAsync(client, body.Length, salt);
    }

    private static async Task<bool> FailingAsync(RawClient client, Random random)
    {
        await client.SendAsync(Get(SoakRoutes.Throw, 0, salt: 0));
        Assert.Equal(StatusCodes.Status500InternalServerError, (await client.ReadReplyAsync()).Status);
        return true;
    }

    private static async Task<bool> AbortedByServerAsync(RawClient client, Random random)
    {
        // An abort throws away what was not sent, at the worst all of it.
        _ = await CutByServerAsync(client, RequestKind.OfPattern(SoakRoutes.Abort, random.Next(0, MaxBody), random.Next()));
        return false;
    }

    private static async Task<bool> FailingLateAsync(RawClient client, Random random)
    {
        // What was flushed before a handler fails is not lost.
        return await CutByServerAsync(client, RequestKind.OfPattern(SoakRoutes.Fail, random.Next(1, MaxBody), random.Next())) == AnswerEnd.Cut
            ? false
            : throw new IOException("The server ended the connection without a byte of what its handler had flushed.");
    }

    /// <summary>What comes is right as far as it comes, and the client can tell that it is not all.</summary>
    private static async Task<AnswerEnd> CutByServerAsync(RawClient client, RequestKind request)
    {
        await client.SendAsync(request.Bytes);
        var end = await ReadAnswerAsync(Answers(client), request.Announcing(more: 1));
        return end != AnswerEnd.Whole ? end : throw new WrongAnswerException("An answer that was cut looks whole.");
    }

    /// <summary>A reset is an end too, after which what had come before it has been checked.</summary>
    private static async Task<AnswerEnd> ReadAnswerAsync(AnswerReader answers, RequestKind request)
    {
        try
        {
            return await answers.ReadAsync(request, CancellationToken.None);
        }
        catch (IOException)
        {
            return answers.HasBegun ? AnswerEnd.Cut : AnswerEnd.Unanswered;
        }
    }

    private static async Task<bool> ResetInRequestAsync(RawClient client, Random random)
    {
        var salt = random.Next();
        await client.SendAsync(Post(MaxBody, salt));
        await SendInPiecesAsync(client, random, Pattern.Bytes(random.Next(0, MaxBody), salt));
        await PauseAsync(random, s_shortPause);
        client.Reset();
        return false;
    }

    private static async Task<bool> ResetInResponseAsync(RawClient client, Random random)
    {
        var (length, salt) = (random.Next(0, MaxBody), random.Next());
        await client.SendAsync(Get(SoakRoutes.Stream, HugeBody, salt));
        await ReadHeadAsync(client);
        Expect.Pattern(await client.ReadExactlyAsync(length), length, salt);
        client.Reset();
        return false;
    }

    private static async Task<bool> EndInRequestAsync(RawClient client, Random random)
    {
        var salt = random.Next();
        await client.SendAsync(Post(MaxBody, salt));
        await client.SendAsync(Pattern.Bytes(random.Next(0, MaxBody), salt));
        var answers = Answers(client);
        client.Finish();
        try
        {
            await answers.ReadEndAsync([StatusCodes.Status400BadRequest], CancellationToken.None);
        }
        catch (IOException)
        {
            // A reset says as much.
        }

        return false;
    }

    private static async Task<bool> EndBehindRequestAsync(RawClient client, Random random)
    {
        var request = RequestKind.OfPattern(SoakRoutes.Stream, random.Next(1, MaxBody), random.Next());
        await client.SendAsync(request.Bytes);
        var answers = Answers(client);
        client.Finish();

        // To Kestrel the client is gone, on Sockets too, and the answer may be cut short.
        _ = await ReadAnswerAsync(answers, request);
        return false;
    }

    // Nothing has been read ahead when one begins. Made before a FIN is sent: a stream wants a socket that is open both ways.
    private static AnswerReader Answers(RawClient client) => new(new NetworkStream(client.Socket));

    private static string Get(string route, int amount, int salt) => $"GET {SoakRoutes.Path(route, amount, salt)} HTTP/1.1\r\nHost: x\r\n\r\n";

    private static string Post(int length, int salt)
        => $"POST {SoakRoutes.Path(SoakRoutes.Upload, 0, salt)} HTTP/1.1\r\nHost: x\r\nContent-Length: {length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n";

    private static async Task SendInPiecesAsync(RawClient client, Random random, byte[] body)
    {
        for (var sent = 0; sent < body.Length;)
        {
            var count = Math.Min(random.Next(1, MaxPiece), body.Length - sent);
            await client.SendAsync(body.AsMemory(sent, count));
            sent += count;
        }
    }

    // A client that is slow is what is played here; nothing is waited for.
    private static Task PauseAsync(Random random, TimeSpan longest) => Task.Delay(longest * random.NextDouble());

    private static async Task ExpectGreetingAsync(RawClient client, int salt) => Expect.Greeting(await client.ReadReplyAsync(), salt);

    private static async Task<bool> ExpectDigestAsync(RawClient client, int length, int salt)
    {
        var reply = await client.ReadReplyAsync();
        Assert.Equal(StatusCodes.Status200OK, reply.Status);
        Assert.Equal(Pattern.Digest(length, salt), reply.Text);
        return true;
    }

    private static async Task ReadHeadAsync(RawClient client)
    {
        Assert.Contains("200", await client.ReadLineAsync(), StringComparison.Ordinal);
        while (await client.ReadLineAsync() is { Length: > 0 })
        {
        }
    }
}
