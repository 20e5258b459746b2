using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Connections of HTTP/2 in clear text, with many streams each.</summary>
internal static class Http2Actions
{
    // All that is sent fits into Kestrel's window of a connection (1 MiB) and of a stream, and what is read into HttpClient's of a stream
    // (64 KiB). Beyond them the two stall for good on a busy machine now and then, on Sockets too.
    private const int MaxStreams = 16;
    private const int MaxBody = 48_000;
    private const int HugeBody = 4_000_000;

    public static IReadOnlyList<ConnectionAction> All { get; } =
    [
        new("HTTP/2 streams", 6, StreamsAsync),
        new("HTTP/2 streams, some cancelled", 6, CancelledStreamsAsync),
        new("HTTP/2 reset in streams", 3, ResetInStreamsAsync),
    ];

    private static async Task StreamsAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        using var connection = OwnConnection.InClearText(server.Http2);
        await ManyAsync(random, stream => WholeAsync(connection.Http, stream, cancelled), static () => false);
    }

    private static async Task CancelledStreamsAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        using var connection = OwnConnection.InClearText(server.Http2);
        await ManyAsync(random, stream => stream.Next(2) == 0
            ? WholeAsync(connection.Http, stream, cancelled)
            : PartAsync(connection.Http, stream, cancelled), static () => false);

        // What the cancelled streams have left does not matter to the next.
        await HttpExchanges.UploadAsync(connection.Http, random.Next(MaxBody), random.Next(), cancelled);
    }

    private static async Task ResetInStreamsAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        using var connection = OwnConnection.InClearText(server.Http2);
        await HttpExchanges.GreetingAsync(connection.Http, SoakRoutes.Short, 0, random.Next(), cancelled);
        var isReset = false;
        var streams = ManyAsync(random, stream => WholeAsync(connection.Http, stream, cancelled), () => isReset);
        await HttpExchanges.BeginDownloadAsync(connection.Http, HugeBody, random.Next(MaxBody), random.Next(), cancelled);
        isReset = true;
        connection.Reset();
        await streams;
    }

    /// <summary>Several streams at a time. Those that fail are excused when their connection was cut.</summary>
    public static Task ManyAsync(Random random, Func<Random, Task> act, Func<bool> isCut)
    {
        var seeds = Enumerable.Range(0, random.Next(1, MaxStreams)).Select(_ => random.Next()).ToList();
        return Task.WhenAll(seeds.Select(async seed =>
        {
            try
            {
                await act(new Random(seed));
            }
            catch (Exception e) when (e is HttpRequestException or IOException && isCut())
            {
                // What had come of it was checked.
            }
        }));
    }

    public static Task WholeAsync(HttpClient http, Random random, CancellationToken cancelled) => random.Next(5) switch
    {
        0 => HttpExchanges.GreetingAsync(http, SoakRoutes.Short, 0, random.Next(), cancelled),
        1 => HttpExchanges.GreetingAsync(http, SoakRoutes.Wait, random.Next(50), random.Next(), cancelled),
        2 => HttpExchanges.FailingAsync(http, cancelled),
        3 => HttpExchanges.DownloadAsync(http, random.Next(MaxBody), random.Next(), cancelled),
        _ => HttpExchanges.UploadAsync(http, random.Next(MaxBody), random.Next(), cancelled),
    };

    private static Task PartAsync(HttpClient http, Random random, CancellationToken cancelled) => random.Next(4) switch
    {
        0 => HttpExchanges.BeginDownloadAsync(http, HugeBody, random.Next(MaxBody), random.Next(), cancelled),
        1 => HttpExchanges.BeginUploadAsync(http, HugeBody, random.Next(MaxBody), random.Next(), cancelled),
        2 => HttpExchanges.EndedByServerAsync(http, SoakRoutes.Abort, random.Next(MaxBody), random.Next(), cancelled),

        // Before its first byte, a handler that fails would answer 500, and whole.
        _ => HttpExchanges.EndedByServerAsync(http, SoakRoutes.Fail, random.Next(1, MaxBody), random.Next(), cancelled),
    };
}
