namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// Peers that vanish with RST. Anybody can do this at any time, so it is logged at Debug and nothing above (each test's end
/// asserts that), and the server goes on.
/// </summary>
public abstract class ClientResets(Engine engine) : FunctionalTest(engine)
{
    private const int ConnectionReset = 19;

    [Fact]
    public async Task A_reset_before_any_request_is_logged_at_debug_only()
    {
        var (host, watch) = await StartWatchedAsync();
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        client.Reset();

        await AssertEndsAsync(host, connection);
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_the_headers_is_logged_at_debug_only()
    {
        var (host, watch) = await StartWatchedAsync();
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nX-Half: ");
        client.Reset();

        await AssertEndsAsync(host, connection);
    }

    [Fact]
    public async Task A_reset_between_requests_is_logged_at_debug_only()
    {
        var (host, watch) = await StartWatchedAsync();
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        await client.GetAsync("/");
        await client.ReadReplyAsync();
        client.Reset();

        await AssertEndsAsync(host, connection);
    }

    [Fact]
    public async Task Reset_in_a_request_body_ends_the_reader_and_logs_at_debug()
    {
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = new Signal();
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup
        {
            Watch = watch,
            App = async context =>
            {
                if (context.Request.Method != "POST")
                {
                    await TestApp.HandleAsync(context);
                    return;
                }

                reading.Set();
                seen.SetResult(await Record.ExceptionAsync(() => context.Request.Body.CopyToAsync(Stream.Null, CancellationToken.None)));
            },
        });

        // Kestrel, not the transport, says this at Error, on some runs and on Sockets too: its reader of the body is left in a
        // state that its own draining at the end of the request does not expect, if that comes before ConnectionClosed.
        host.Logs.Expect(entry => entry.Event.Name == "RequestBodyDrainBodyReaderInvalidState");
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf of it");
        await reading.WaitAsync(Deadline);
        client.Reset();

        Assert.IsType<ConnectionResetException>(await seen.Task.WaitAsync(Deadline));
        await AssertEndsAsync(host, connection);
    }

    [Fact]
    public async Task Reset_during_a_request_cancels_RequestAborted_and_logs_at_debug()
    {
        var handling = new Signal();
        var aborted = new Signal();
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup
        {
            Watch = watch,
            App = async context =>
            {
                if (context.Request.Path != "/wait")
                {
                    await TestApp.HandleAsync(context);
                    return;
                }

                using var registration = context.RequestAborted.Register(aborted.Set);
                handling.Set();
                await aborted.WaitAsync(Deadline);
            },
        });
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        await client.GetAsync("/wait");
        await handling.WaitAsync(Deadline);
        client.Reset();

        await aborted.WaitAsync(Deadline);
        await AssertEndsAsync(host, connection);
    }

    [Fact]
    public async Task Reset_in_a_response_ends_the_writer_and_logs_at_debug()
    {
        var written = new Signal();
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup
        {
            Watch = watch,
            App = async context =>
            {
                await TestApp.HandleAsync(context);
                written.Set();
            },
        });
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        await client.GetAsync("/bytes?n=1000000000");
        await client.ReadExactlyAsync(100_000);
        client.Reset();

        await connection.Closed.InTimeAsync();
        await connection.Finished.WaitAsync(Deadline);
        await host.AssertServesAsync(Deadline);
    }

    /// <summary>Some of these resets overtake their own connection in the backlog: accept gives a socket that is gone.</summary>
    [Fact]
    public async Task Fifty_connects_with_an_immediate_reset_do_not_stop_the_accept_loop()
    {
        var host = await StartAsync();
        for (var i = 0; i < 50; i++)
        {
            using var client = await host.ConnectAsync(Deadline);
            if (i % 2 == 0)
            {
                await client.GetAsync("/");
            }

            client.Reset();
        }

        await host.AssertServesAsync(Deadline);
    }

    private async Task<(TestHost Host, ConnectionWatch Watch)> StartWatchedAsync()
    {
        var watch = new ConnectionWatch();
        return (await StartAsync(new HostSetup { Watch = watch }), watch);
    }

    private async Task AssertEndsAsync(TestHost host, WatchedConnection connection)
    {
        await connection.Closed.InTimeAsync();
        await connection.Finished.WaitAsync(Deadline);
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(ConnectionReset), Deadline);
        Assert.Equal(1, connection.ClosedCount);
        await host.AssertServesAsync(Deadline);
    }

    public sealed class OnSockets() : ClientResets(Engine.Sockets);

    public sealed class OnRio() : ClientResets(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ClientResets(Engine.RioInline);

    public sealed class OnRioAdaptive() : ClientResets(Engine.RioAdaptive);
}
