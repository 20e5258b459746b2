using Kestrel.Transport.Rio.SoakTests.Scripts;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Clients of HTTP/1.1 that take their time, and some that never come back to what they have begun.</summary>
internal static class SlowActions
{
    private const int MaxBody = 300;

    // More than any of them sends.
    private const int WholeBody = 100_000;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_smallPause = TimeSpan.FromMilliseconds(2);

    // After it, who is silent is gone.
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(4);

    public static IReadOnlyList<RequestAction> All { get; } =
    [
        new("silence in a request", 3, SilenceAsync),
        new("silence in a request, then a reset", 1, AbandonedAsync),
        new("silence in a body, until the server ends it", 1, TimedOutAsync),
        new("byte by byte", 3, static (client, random) => ByteByByteAsync(client, RequestKind.OfGreeting(SoakRoutes.Short, 0, random.Next()), Never)),
        new("upload byte by byte", 2, UploadByteByByteAsync),
    ];

    private static async Task<bool> SilenceAsync(RawClient client, Random random)
    {
        var request = RequestKind.OfGreeting(SoakRoutes.Short, 0, random.Next());
        var cut = random.Next(1, request.Bytes.Length);
        await client.SendAsync(request.Bytes.AsMemory(0, cut));
        await PauseAsync(random, s_longestPause);
        await client.SendAsync(request.Bytes.AsMemory(cut));
        return await ExpectAsync(client, request);
    }

    private static async Task<bool> AbandonedAsync(RawClient client, Random random)
    {
        var request = random.Next(2) == 0
            ? RequestKind.OfGreeting(SoakRoutes.Short, 0, random.Next())
            : RequestKind.OfUpload(random.Next(1, MaxBody), random.Next());
        await client.SendAsync(request.Bytes.AsMemory(0, random.Next(1, request.Bytes.Length)));
        using var silence = new CancellationTokenSource(s_longestSilence * random.NextDouble());
        try
        {
            var count = await client.Socket.ReceiveAsync(new byte[1], SocketFlags.None, silence.Token);
            throw new IOException(count == 0 ? "The server ended the connection." : "The server has answered half a request.");
        }
        catch (OperationCanceledException)
        {
            client.Reset();
            return false;
        }
    }

    /// <summary>The handler asks for a least rate, which nobody who is silent has.</summary>
    private static async Task<bool> TimedOutAsync(RawClient client, Random random)
    {
        await client.SendAsync(
            $"POST {SoakRoutes.Path(SoakRoutes.Rated, 0, salt: 0)} HTTP/1.1\r\nHost: x\r\nContent-Length: {WholeBody}\r\n\r\n");
        await client.SendAsync(Pattern.Bytes(random.Next(MaxBody)));
        var end = await client.ReadToEndAsync();
        if (end.Bytes.Length == 0)
        {
            throw new IOException("The server ended the connection and did not say why.");
        }

        Assert.StartsWith("HTTP/1.1 408 ", end.Text, StringComparison.Ordinal);
        return false;
    }

    private static Task<bool> UploadByteByByteAsync(RawClient client, Random random)
    {
        var length = random.Next(1, MaxBody);
        var request = random.Next(2) == 0 ? RequestKind.OfUpload(length, random.Next()) : RequestKind.OfChunkedUpload(length, random.Next(), random);
        return ByteByByteAsync(client, request, () => random.Next(10) == 0 ? PauseAsync(random, s_smallPause) : Task.CompletedTask);
    }

    private static async Task<bool> ByteByByteAsync(RawClient client, RequestKind request, Func<Task> pause)
    {
        for (var at = 0; at < request.Bytes.Length; at++)
        {
            await client.SendAsync(request.Bytes.AsMemory(at, 1));
            await pause();
        }

        return await ExpectAsync(client, request);
    }

    private static async Task<bool> ExpectAsync(RawClient client, RequestKind request)
    {
        var reply = await client.ReadReplyAsync();
        Assert.Equal(StatusCodes.Status200OK, reply.Status);
        Assert.Equal(request.Text, reply.Text);
        return true;
    }

    // A client that is slow is what is played here; nothing is waited for.
    private static Task PauseAsync(Random random, TimeSpan longest) => Task.Delay(longest * random.NextDouble());

    private static Task Never() => Task.CompletedTask;
}
