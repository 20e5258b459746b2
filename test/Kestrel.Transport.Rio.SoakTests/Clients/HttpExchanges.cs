using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Single requests of an HTTP client, whatever carries them.</summary>
internal static class HttpExchanges
{
    public static async Task GreetingAsync(HttpClient http, string route, int amount, int salt, CancellationToken cancelled)
        => Assert.Equal(SoakRoutes.Greeting(salt), await http.GetStringAsync(Path(route, amount, salt), cancelled));

    public static async Task DownloadAsync(HttpClient http, int length, int salt, CancellationToken cancelled)
        => Expect.Pattern(await http.GetByteArrayAsync(Path(SoakRoutes.Stream, length, salt), cancelled), length, salt);

    public static async Task UploadAsync(HttpClient http, int length, int salt, CancellationToken cancelled)
    {
        using var content = new PatternContent(length, chunked: length % 2 == 0, salt);
        using var response = await http.PostAsync(Path(SoakRoutes.Upload, 0, salt), content, cancelled);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Pattern.Digest(length, salt), await response.Content.ReadAsStringAsync(cancelled));
    }

    /// <summary>Reads the first bytes of a body and leaves the rest: a cancelled stream in HTTP/2.</summary>
    public static async Task BeginDownloadAsync(HttpClient http, int length, int read, int salt, CancellationToken cancelled)
    {
        using var response = await http.GetAsync(Path(SoakRoutes.Stream, length, salt), HttpCompletionOption.ResponseHeadersRead, cancelled);
        await using var body = await response.Content.ReadAsStreamAsync(cancelled);
        var bytes = new byte[read];
        await body.ReadExactlyAsync(bytes, cancelled);
        Expect.Pattern(bytes, read, salt);
    }

    /// <summary>Sends the first bytes of a body and cancels: a cancelled stream in HTTP/2.</summary>
    public static async Task BeginUploadAsync(HttpClient http, int length, int sent, int salt, CancellationToken cancelled)
    {
        using var cutShort = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        using var content = new CutContent(length, sent, salt, cutShort);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => http.PostAsync(Path(SoakRoutes.Upload, 0, salt), content, cutShort.Token));
    }

    public static async Task EndedByServerAsync(HttpClient http, string route, int length, int salt, CancellationToken cancelled)
    {
        var received = new MemoryStream();
        var looksWhole = false;
        try
        {
            using var response = await http.GetAsync(Path(route, length, salt), HttpCompletionOption.ResponseHeadersRead, cancelled);
            await using var body = await response.Content.ReadAsStreamAsync(cancelled);
            await body.CopyToAsync(received, cancelled);
            looksWhole = true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // As it should: cut short.
        }

        Expect.Pattern(received.ToArray(), (int)received.Length, salt);
        Assert.False(looksWhole, $"{Path(route, length, salt)} looks whole after {received.Length} bytes, though the handler gave up.");
    }

    public static async Task FailingAsync(HttpClient http, CancellationToken cancelled)
    {
        using var response = await http.GetAsync(Path(SoakRoutes.Throw, 0, salt: 0), cancelled);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    private static Uri Path(string route, int amount, int salt) => new(SoakRoutes.Path(route, amount, salt), UriKind.Relative);
}
