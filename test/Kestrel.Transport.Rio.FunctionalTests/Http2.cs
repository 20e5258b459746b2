namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Many streams on one connection: frames of all of them share the transport's pipes.</summary>
public abstract class Http2(Engine engine) : FunctionalTest(engine)
{
    private const int Streams = 100;

    /// <summary>
    /// Small bodies, within the windows of the connection and of its streams. With bodies of up to 100 KB the streams of
    /// HttpClient and Kestrel stall for good on a busy machine, about once in two hundred times, and on Sockets too.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hundred_streams_get_their_own_bytes(bool tls)
    {
        var everybodyIsIn = new Signal();
        var arrived = 0;
        var watch = new ConnectionWatch();
        var host = await StartAsync(tls, watch, async context =>
        {
            Assert.Equal("HTTP/2", context.Request.Protocol);
            if (Interlocked.Increment(ref arrived) == Streams)
            {
                everybodyIsIn.Set();
            }

            await everybodyIsIn.WaitAsync(context.RequestAborted);
            await TestApp.HandleAsync(context);
        });
        using var http = Client(host, tls);

        var digests = await Task.WhenAll(Enumerable.Range(0, Streams).Select(
            i => i % 2 == 0 ? UploadAsync(http, 100 * i) : DownloadAsync(http, 100 * i)));

        Assert.Equal(Enumerable.Range(0, Streams).Select(i => Pattern.Digest(100 * i)), digests);
        Assert.Equal(1, watch.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Large_bodies_arrive_whole_in_both_directions(bool tls)
    {
        const long Length = 4 * 1024 * 1024;
        var host = await StartAsync(tls);
        using var http = Client(host, tls);

        var digests = await Task.WhenAll(
            UploadAsync(http, Length), DownloadAsync(http, Length), UploadAsync(http, Length), DownloadAsync(http, Length));

        Assert.All(digests, digest => Assert.Equal(Pattern.Digest(Length), digest));
    }

    [Fact]
    public async Task A_stream_that_the_client_gives_up_does_not_touch_the_others()
    {
        var aborted = new Signal();
        var handling = new Signal();
        var watch = new ConnectionWatch();
        var host = await StartAsync(tls: false, watch, async context =>
        {
            if (context.Request.Path == "/wait")
            {
                context.RequestAborted.Register(aborted.Set);
                handling.Set();
                await aborted.WaitAsync(Deadline);
                return;
            }

            await TestApp.HandleAsync(context);
        });
        using var http = Client(host, tls: false);
        using var givingUp = new CancellationTokenSource();
        var given = http.GetStringAsync(new Uri("wait", UriKind.Relative), givingUp.Token);
        await handling.WaitAsync(Deadline);

        await givingUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await aborted.WaitAsync(Deadline);
        Assert.Equal(Pattern.Digest(1000), await UploadAsync(http, 1000));
        Assert.Equal(1, watch.Count);
    }

    /// <summary>
    /// The last stream has no body: what the client sends of its own because of one (windows, pings) may come after the close,
    /// and is then answered with RST, which can take from the client what it had not read yet.
    /// </summary>
    [Fact]
    public async Task A_graceful_stop_lets_streams_finish()
    {
        var handling = new Signal();
        var lastIsHandling = new Signal();
        var release = new Signal();
        var releaseLast = new Signal();
        var host = await StartAsync(tls: false, new ConnectionWatch(), async context =>
        {
            if (context.Request.Path == "/last")
            {
                lastIsHandling.Set();
                await releaseLast.WaitAsync(Deadline);
                return;
            }

            handling.Set();
            await release.WaitAsync(Deadline);
            await TestApp.HandleAsync(context);
        });
        using var http = Client(host, tls: false);
        var download = DownloadAsync(http, 1_000_000);
        await handling.WaitAsync(Deadline);
        var last = http.GetAsync(new Uri("last", UriKind.Relative), Deadline);
        await lastIsHandling.WaitAsync(Deadline);

        var stopping = host.StopAsync(CancellationToken.None);
        release.Set();
        Assert.Equal(Pattern.Digest(1_000_000), await download);
        releaseLast.Set();

        using var response = await last;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await stopping.InTimeAsync();
    }

    [Fact]
    public async Task A_garbled_preface_ends_that_connection_only()
    {
        var host = await StartAsync(tls: false);
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\nno, not at all");

        await client.ReadToEndAsync();
        using var http = Client(host, tls: false);
        Assert.Equal(Pattern.Digest(10), await UploadAsync(http, 10));
    }

    private Task<TestHost> StartAsync(bool tls) => StartAsync(tls, new ConnectionWatch(), TestApp.HandleAsync);

    private Task<TestHost> StartAsync(bool tls, ConnectionWatch watch, RequestDelegate app)
    {
        var certificate = tls ? Certificates.Localhost : null;
        return StartAsync(new HostSetup { Watch = watch, App = app, Kestrel = AllowAllStreams }.Listen(IPAddress.Loopback, listen =>
        {
            if (certificate is not null)
            {
                // By ALPN, against HTTP/1.1.
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(certificate);
            }
            else
            {
                listen.Protocols = HttpProtocols.Http2;
            }
        }));
    }

    /// <summary>
    /// More than are ever open, for Kestrel counts one that has just ended for a moment longer than its client does, and
    /// refuses what the client takes to be the hundredth.
    /// </summary>
    private static void AllowAllStreams(KestrelServerOptions options) => options.Limits.Http2.MaxStreamsPerConnection = 2 * Streams;

    private static HttpClient Client(TestHost host, bool tls)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate?.GetCertHashString() == Certificates.Localhost.GetCertHashString();
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://localhost:{host.Port}/"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Wait.Patience,
        };
    }

    private async Task<string> UploadAsync(HttpClient http, long length)
    {
        using var content = new PatternContent(length, chunked: true);
        using var response = await http.PostAsync(new Uri("hash", UriKind.Relative), content, Deadline);
        Assert.Equal(HttpVersion.Version20, response.Version);
        return await response.Content.ReadAsStringAsync(Deadline);
    }

    private async Task<string> DownloadAsync(HttpClient http, long length)
    {
        await using var body = await http.GetStreamAsync(new Uri($"bytes?n={length}", UriKind.Relative), Deadline);
        return await Pattern.DigestAsync(body, Deadline);
    }

    public sealed class OnSockets() : Http2(Engine.Sockets);

    public sealed class OnRio() : Http2(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : Http2(Engine.RioInline);

    public sealed class OnRioAdaptive() : Http2(Engine.RioAdaptive);
}
