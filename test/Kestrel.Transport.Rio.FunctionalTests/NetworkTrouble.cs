using System.Diagnostics;
using System.Globalization;
using Kestrel.Transport.Rio.FunctionalTests.Networks;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// Real TCP over a bad network. Transfers arrive as they were sent, however long it takes; connections whose peer has vanished end by Kestrel's
/// timeouts and leave nothing behind. build/soak.sh network does the same with more bytes and longer outages.
/// </summary>
public abstract class NetworkTrouble(Engine engine) : FunctionalTest(engine)
{
    private const string BytesVariable = "RIO_TROUBLE_BYTES";
    private const string OutageVariable = "RIO_TROUBLE_OUTAGE_SECONDS";

    /// <summary>Of a transfer that is cut off: enough to be in the middle of it, little enough to be there before a grace period ends.</summary>
    private const int BeforeTheEnd = 256 * 1024;

    /// <summary>More than the buffers of both machines take.</summary>
    private const int Endless = 16 * 1024 * 1024;

    private static readonly long s_length = Number(BytesVariable) ?? 4 * 1024 * 1024;
    private static readonly TimeSpan s_outage = TimeSpan.FromSeconds(Number(OutageVariable) ?? 2);

    /// <summary>
    /// Fast, for what was sent before the trouble counts too: a slow rate would have Kestrel wait for as long as that could have taken. And a grace
    /// period as short as Kestrel allows. TCP alone would go on for a quarter of an hour.
    /// </summary>
    private static readonly MinDataRate s_strict = new(bytesPerSecond: 10_000_000, gracePeriod: TimeSpan.FromSeconds(1.1));

    // Kestrel's timer looks once a second.
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1);

    // Whoever is to be served before it is over may have to wait for a processor.
    private static readonly TimeSpan s_beyondDelays = TimeSpan.FromSeconds(4);

    private readonly ConnectionWatch _watch = new();

    protected override TimeSpan TimeLimit => Number(BytesVariable) is null ? base.TimeLimit : TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Transfers_survive_delay_loss_and_reordering()
    {
        var (network, host) = await StartAsync(ForTransfers);
        network.Wire.Conditions = new WireConditions { Delay = TimeSpan.FromMilliseconds(50), LossPercent = 2, OvertakingPercent = 3 };
        using var http = network.CreateHttpClient(host);
        var began = Stopwatch.GetTimestamp();

        var digests = await Task.WhenAll(
            http.DownloadAsync(s_length, chunked: false, Deadline), http.UploadAsync(s_length, chunked: false, Deadline));

        var expected = Pattern.Digest(s_length);
        Assert.Equal([expected, expected], digests);
        Assert.NotEqual(0, network.Wire.Lost);
        Assert.NotEqual(0, network.Wire.Overtaking);

        // The handshake and the request took 100 ms each.
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromMilliseconds(200), TimeLimit);
    }

    [Fact]
    public Task Download_survives_an_outage()
        => LoseTheLinkAsync(http => http.DownloadAsync(s_length, chunked: false, Deadline));

    [Fact]
    public Task Upload_survives_an_outage()
        => LoseTheLinkAsync(http => http.UploadAsync(s_length, chunked: false, Deadline));

    [Fact]
    public async Task A_download_in_whose_middle_the_MTU_shrinks_arrives_as_it_was_sent()
    {
        var network = await NarrowTheLinkAsync(http => http.DownloadAsync(s_length, chunked: false, Deadline));

        Assert.NotEqual(0, network.Wire.TooLarge);
    }

    [Fact]
    public Task An_upload_in_whose_middle_the_MTU_shrinks_arrives_as_it_was_sent()
        => NarrowTheLinkAsync(http => http.UploadAsync(s_length, chunked: false, Deadline));

    [Fact]
    public async Task A_response_to_a_peer_that_has_vanished_is_aborted_by_MinResponseDataRate()
    {
        var (network, host) = await StartAsync(static limits => limits.MinResponseDataRate = s_strict);
        using var client = await network.ConnectAsync(host, Deadline);
        var vanished = network.Wire.OnceCarried(BeforeTheEnd, network.Wire.GoDown);

        await client.GetAsync($"/bytes?n={Endless}");
        var reading = client.ReadToEndAsync();
        await vanished.WaitAsync(Deadline);
        await AssertForgottenAsync(network);

        Assert.Contains(host.Logs.Entries, static entry => entry.Event.Name == "ResponseMinimumDataRateNotSatisfied");

        // It has not heard of the end, and is told when it speaks again.
        network.Wire.ComeUp();
        await client.GetAsync("/");
        Assert.True((await reading).WasReset);
        await AssertServesAsync(network, host);
    }

    [Fact]
    public async Task A_request_body_of_a_peer_that_has_vanished_ends_by_MinRequestBodyDataRate()
    {
        var (network, host) = await StartAsync(static limits => limits.MinRequestBodyDataRate = s_strict);
        host.Logs.Expect(static entry => entry.Exception is Microsoft.AspNetCore.Http.BadHttpRequestException);
        using var client = await network.ConnectAsync(host, Deadline);
        var vanished = network.Wire.OnceCarried(BeforeTheEnd, network.Wire.GoDown);

        await client.SendAsync($"POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: {Endless}\r\n\r\n");
        var sending = client.SendAsync(new byte[Endless]);
        await vanished.WaitAsync(Deadline);
        await AssertForgottenAsync(network);

        Assert.Contains(host.Logs.Entries, static entry => entry.Event.Name == "RequestBodyMinimumDataRateNotSatisfied");

        // What it sends again finds nobody.
        network.Wire.ComeUp();
        await Assert.ThrowsAsync<SocketException>(() => sending);
        await AssertServesAsync(network, host);
    }

    [Fact]
    public async Task An_idle_connection_of_a_peer_that_has_vanished_ends_after_KeepAliveTimeout()
    {
        var (network, host) = await StartAsync(static limits => limits.KeepAliveTimeout = s_beyondDelays);
        using var client = await network.ConnectAsync(host, Deadline);
        await client.GetAsync("/text/then-nothing");
        Assert.Equal("then-nothing", (await client.ReadReplyAsync()).Text);
        Assert.True(network.ServerHoldsConnections());

        network.Wire.GoDown();
        await AssertForgottenAsync(network);

        // The kernel goes on to send the end, which arrives at last.
        network.Wire.ComeUp();
        var end = await client.ReadToEndAsync();
        Assert.Empty(end.Bytes);
        Assert.False(end.WasReset);
        await AssertServesAsync(network, host);
    }

    [Fact]
    public async Task A_graceful_stop_does_not_wait_for_an_idle_peer_that_has_vanished()
    {
        var (network, host) = await StartAsync(static _ => { });
        using var client = await network.ConnectAsync(host, Deadline);
        await client.GetAsync("/text/then-nothing");
        Assert.Equal("then-nothing", (await client.ReadReplyAsync()).Text);
        Assert.True(network.ServerHoldsConnections());
        network.Wire.GoDown();

        await host.StopAsync(CancellationToken.None).InTimeAsync();

        await AssertForgottenAsync(network);
    }

    [Fact]
    public async Task Stop_after_its_timeout_leaves_a_vanished_peer_behind()
    {
        var (network, host) = await StartAsync(static _ => { }, stopWithin: s_short);
        using var client = await network.ConnectAsync(host, Deadline);
        var vanished = network.Wire.OnceCarried(BeforeTheEnd, network.Wire.GoDown);
        await client.GetAsync($"/bytes?n={Endless}");
        var reading = client.ReadToEndAsync();
        await vanished.WaitAsync(Deadline);

        await host.StopAsync(CancellationToken.None).InTimeAsync();

        await AssertForgottenAsync(network);
        client.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => reading);
    }

    private static long? Number(string variable)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>
    /// Of any size and pace. By default Kestrel aborts a response of which nothing gets on for 5 s, be it because a link is away for longer than that, on
    /// whatever transport.
    /// </summary>
    private static void ForTransfers(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
    }

    private async Task LoseTheLinkAsync(Func<HttpClient, Task<string>> transfer)
    {
        var network = await TransferAsync(transfer, static network => network.Wire.GoDown(s_outage));

        Assert.NotEqual(0, network.Wire.Lost);
    }

    private async Task<TroubledNetwork> NarrowTheLinkAsync(Func<HttpClient, Task<string>> transfer)
    {
        const int Narrow = 1400;

        var network = await TransferAsync(transfer, static network => network.NarrowTheClientsLink(Narrow));

        Assert.InRange(network.Wire.Carried, s_length / 2 / Narrow, long.MaxValue);
        return network;
    }

    /// <summary>A transfer that something happens to after a quarter of it.</summary>
    private async Task<TroubledNetwork> TransferAsync(Func<HttpClient, Task<string>> transfer, Action<TroubledNetwork> trouble)
    {
        var (network, host) = await StartAsync(ForTransfers);
        network.Wire.Conditions = new WireConditions { Delay = TimeSpan.FromMilliseconds(1) };
        using var http = network.CreateHttpClient(host);
        var struck = network.Wire.OnceCarried(s_length / 4, () => trouble(network));

        Assert.Equal(Pattern.Digest(s_length), await transfer(http));

        Assert.True(struck.IsCompleted);
        return network;
    }

    private async Task<(TroubledNetwork Network, TestHost Host)> StartAsync(Action<KestrelServerLimits> limit, TimeSpan? stopWithin = null)
    {
        var network = KeepAfterHosts(TroubledNetwork.Create());
        var setup = new HostSetup { Watch = _watch, Kestrel = options => limit(options.Limits) };
        setup.ShutdownTimeout = stopWithin ?? setup.ShutdownTimeout;
        return (network, await StartAsync(network.Serve(setup)));
    }

    /// <summary>Neither Kestrel nor the transport has anything of the only connection any more, and this process no descriptor.</summary>
    private async Task AssertForgottenAsync(TroubledNetwork network)
    {
        var connection = await _watch.NextAsync(Deadline);
        await connection.Finished.WaitAsync(Deadline);
        await connection.Closed.WaitAsync(Deadline);
        await Wait.UntilAsync(() => !network.ServerHoldsConnections(), Deadline);
    }

    private async Task AssertServesAsync(TroubledNetwork network, TestHost host)
    {
        using var http = network.CreateHttpClient(host);
        Assert.Equal("again", await http.GetStringAsync(new Uri("text/again", UriKind.Relative), Deadline));
    }

    public sealed class OnSockets() : NetworkTrouble(Engine.Sockets);

    public sealed class OnRio() : NetworkTrouble(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : NetworkTrouble(Engine.RioInline);

    public sealed class OnRioAdaptive() : NetworkTrouble(Engine.RioAdaptive);
}
