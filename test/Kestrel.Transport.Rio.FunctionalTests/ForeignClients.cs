namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Clients written by others, which time their segments and end their connections in their own way.</summary>
public abstract class ForeignClients(Engine engine) : FunctionalTest(engine)
{
    private const int Length = 3_000_000;

    [Fact]
    public async Task Curl_downloads_over_http_1()
    {
        var host = await StartAsync();

        var curl = await CurlAsync("--http1.1", $"{host.Uri}bytes?n={Length}");

        curl.AssertSucceeded();
        Assert.Equal(Pattern.Bytes(Length), curl.Output);
    }

    [Fact]
    public async Task Curl_fetches_two_urls_on_one_connection()
    {
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch });

        var curl = await CurlAsync("--http1.1", $"{host.Uri}text/first", $"{host.Uri}text/second");

        curl.AssertSucceeded();
        Assert.Equal("firstsecond", curl.Text);
        Assert.Equal(1, watch.Count);
    }

    /// <summary>Curl asks with Expect: 100-continue before it uploads this much.</summary>
    [Theory]
    [InlineData("--http1.1", HttpProtocols.Http1)]
    [InlineData("--http2-prior-knowledge", HttpProtocols.Http2)]
    public async Task Curl_uploads(string version, HttpProtocols protocols)
    {
        var host = await StartAsync(protocols);

        var curl = await RunCurlAsync([version, "--data-binary", "@-", $"{host.Uri}hash"], Pattern.Bytes(Length));

        curl.AssertSucceeded();
        Assert.Equal(Pattern.Digest(Length), curl.Text);
    }

    [Fact]
    public async Task Curl_downloads_over_http_2_with_prior_knowledge()
    {
        var host = await StartAsync(HttpProtocols.Http2);

        var curl = await CurlAsync("--http2-prior-knowledge", $"{host.Uri}bytes?n={Length}");

        curl.AssertSucceeded();
        Assert.Equal(Pattern.Bytes(Length), curl.Output);
    }

    [Fact]
    public async Task H2load_finishes_its_requests_over_http_1()
    {
        var host = await StartAsync();

        await H2LoadAsync("--h1", "-n", "2000", "-c", "50", $"{host.Uri}text/hello");
    }

    [Theory]
    [InlineData("1")]
    [InlineData("20")]
    public async Task H2load_finishes_its_requests_over_http_2(string streams)
    {
        var host = await StartAsync(HttpProtocols.Http2);

        await H2LoadAsync("-n", "2000", "-c", "50", "-m", streams, $"{host.Uri}bytes?n=5000");
    }

    private Task<TestHost> StartAsync(HttpProtocols protocols) =>
        StartAsync(new HostSetup().Listen(IPAddress.Loopback, listen => listen.Protocols = protocols));

    private Task<ToolResult> CurlAsync(params string[] arguments) => RunCurlAsync(arguments, input: null);

    /// <summary>Without the user's configuration and without proxies.</summary>
    private Task<ToolResult> RunCurlAsync(string[] arguments, byte[]? input) => ForeignTool.RunAsync(
        "curl", "curl", ["-q", "--silent", "--show-error", "--fail", "--noproxy", "*", .. arguments], Deadline, input);

    private async Task H2LoadAsync(params string[] arguments)
    {
        var load = await ForeignTool.RunAsync("h2load", "nghttp2-client", arguments, Deadline);

        load.AssertSucceeded();
        Assert.Contains("2000 succeeded, 0 failed, 0 errored, 0 timeout", load.Text, StringComparison.Ordinal);
        Assert.Contains("2000 2xx", load.Text, StringComparison.Ordinal);
    }

    public sealed class OnSockets() : ForeignClients(Engine.Sockets);

    public sealed class OnRio() : ForeignClients(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ForeignClients(Engine.RioInline);

    public sealed class OnRioAdaptive() : ForeignClients(Engine.RioAdaptive);
}
