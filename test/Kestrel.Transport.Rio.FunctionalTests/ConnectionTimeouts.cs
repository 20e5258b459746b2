namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Kestrel's patience with peers that say nothing, or not enough, ends through the transport: with an answer where there is one.</summary>
public abstract class ConnectionTimeouts(Engine engine) : FunctionalTest(engine)
{
    private const string HalfARequest = "GET /text/never HTTP/1.1\r\nHost: x\r\nX-Slow: ";

    // Kestrel's timer looks once a second.
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1);

    // Whoever is to be served before it is over may have to wait for a processor.
    private static readonly TimeSpan s_beyondDelays = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Half_of_a_requests_headers_is_answered_with_408_and_the_end_after_RequestHeadersTimeout()
    {
        var host = await StartAsync(new HostSetup { Kestrel = static options => options.Limits.RequestHeadersTimeout = s_short });
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync(HalfARequest);

        Assert.Equal(408, (await client.ReadReplyAsync()).Status);
        var end = await client.ReadToEndAsync();
        Assert.Empty(end.Bytes);
        Assert.False(end.WasReset);
        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task Headers_that_go_on_coming_byte_by_byte_do_not_put_RequestHeadersTimeout_off()
    {
        var host = await StartAsync(new HostSetup { Kestrel = static options => options.Limits.RequestHeadersTimeout = s_short });
        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync(HalfARequest);

        var reading = client.ReadToEndAsync();
        await Wait.UntilAsync(
            () =>
            {
                // The last of them may come after the end, and is then answered with RST, which can take the 408 from the client.
                try
                {
                    client.Socket.Send("a"u8);
                }
                catch (SocketException)
                {
                    // Ended.
                }

                return reading.IsCompleted;
            },
            Deadline);

        var end = await reading;
        Assert.True(end.WasReset || end.Text.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), end.Text);
        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task Good_clients_are_served_while_hundreds_of_slow_ones_run_into_RequestHeadersTimeout()
    {
        const int Slow = 300;
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup
        {
            Watch = watch,
            Kestrel = static options => options.Limits.RequestHeadersTimeout = s_short,
        });

        var slow = Task.WhenAll(Enumerable.Range(0, Slow).Select(async _ =>
        {
            using var client = await host.ConnectAsync(Deadline);
            await client.SendAsync(HalfARequest);
            return (await client.ReadReplyAsync()).Status;
        }));
        while (!slow.IsCompleted)
        {
            await host.AssertServesAsync(Deadline);
        }

        Assert.All(await slow, static status => Assert.Equal(408, status));
        for (var left = watch.Count; left > 0; left--)
        {
            await (await watch.NextAsync(Deadline)).Finished.WaitAsync(Deadline);
        }
    }

    /// <summary>The request came first and is there longer than the idle connection, which is the clock here.</summary>
    [Fact]
    public async Task An_idle_connection_ends_after_KeepAliveTimeout_and_one_with_a_request_does_not()
    {
        var handling = new Signal();
        var release = new Signal();
        var host = await StartAsync(new HostSetup
        {
            Kestrel = static options => options.Limits.KeepAliveTimeout = s_beyondDelays,
            App = async context =>
            {
                if (context.Request.Path == "/busy")
                {
                    handling.Set();
                    await release.WaitAsync(Deadline);
                }

                await TestApp.HandleAsync(context);
            },
        });
        using var busy = await host.ConnectAsync(Deadline);
        await busy.GetAsync("/busy");
        await handling.WaitAsync(Deadline);
        using var idle = await host.ConnectAsync(Deadline);
        await idle.GetAsync("/text/then-nothing");
        Assert.Equal("then-nothing", (await idle.ReadReplyAsync()).Text);

        var end = await idle.ReadToEndAsync();

        Assert.Empty(end.Bytes);
        Assert.False(end.WasReset);
        release.Set();
        Assert.Equal(200, (await busy.ReadReplyAsync()).Status);
    }

    [Fact]
    public async Task A_connection_that_never_speaks_ends_after_KeepAliveTimeout()
    {
        var host = await StartAsync(new HostSetup { Kestrel = static options => options.Limits.KeepAliveTimeout = s_short });
        using var client = await host.ConnectAsync(Deadline);

        var end = await client.ReadToEndAsync();

        Assert.Empty(end.Bytes);
        Assert.False(end.WasReset);
    }

    [Fact]
    public async Task An_idle_connection_of_HTTP_2_ends_after_KeepAliveTimeout()
    {
        const int FrameHeader = 9;
        const byte GoAway = 7;
        var setup = new HostSetup { Kestrel = static options => options.Limits.KeepAliveTimeout = s_short };
        var host = await StartAsync(setup.Listen(IPAddress.Loopback, static listen => listen.Protocols = HttpProtocols.Http2));
        using var client = await host.ConnectAsync(Deadline);

        // The preface, and SETTINGS without any.
        await client.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0");

        var end = await client.ReadToEndAsync();
        Assert.False(end.WasReset);
        Assert.Equal(GoAway, end.Bytes[^(FrameHeader + 8)..][3]);
    }

    [Fact]
    public async Task A_TLS_handshake_that_stops_ends_after_HandshakeTimeout()
    {
        var certificate = Certificates.Localhost;
        var host = await StartAsync(new HostSetup().Listen(IPAddress.Loopback, listen => listen.UseHttps(certificate, static https =>
            https.HandshakeTimeout = s_short)));
        using var client = await host.ConnectAsync(Deadline);

        // The head of a TLS record that announces 512 bytes, and none of them.
        await client.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00 });

        Assert.Empty((await client.ReadToEndAsync()).Bytes);
    }

    public sealed class OnSockets() : ConnectionTimeouts(Engine.Sockets);

    public sealed class OnRio() : ConnectionTimeouts(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ConnectionTimeouts(Engine.RioInline);

    public sealed class OnRioAdaptive() : ConnectionTimeouts(Engine.RioAdaptive);
}
