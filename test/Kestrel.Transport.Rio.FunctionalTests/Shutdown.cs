using Microsoft.AspNetCore.Connections.Features;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>The end of a host: patient with requests, quick without them, and by force when patience is over.</summary>
public abstract class Shutdown(Engine engine) : FunctionalTest(engine)
{
    /// <summary>Rio's: everything has drained.</summary>
    private const int Stopped = 102;

    [Fact]
    public async Task A_graceful_stop_waits_for_the_request_in_flight_and_delivers_its_answer()
    {
        const int Length = 1_000_000;
        var handling = new Signal();
        var release = new Signal();
        var host = await StartAsync(new HostSetup
        {
            App = async context =>
            {
                handling.Set();
                await release.WaitAsync(Deadline);
                await TestApp.HandleAsync(context);
            },
        });
        using var client = await host.ConnectAsync(Deadline);
        await client.GetAsync($"/bytes?n={Length}");
        await handling.WaitAsync(Deadline);

        var stopping = host.StopAsync(CancellationToken.None);
        await UntilRefusedAsync(host);
        Assert.False(stopping.IsCompleted);
        release.Set();

        var reply = await client.ReadReplyAsync();
        Assert.Equal(Pattern.Bytes(Length), reply.Body);
        Assert.False((await client.ReadToEndAsync()).WasReset);
        await stopping.InTimeAsync();
    }

    [Fact]
    public async Task A_stop_whose_time_is_over_aborts_the_request_in_flight()
    {
        var handling = new Signal();
        var aborted = new Signal();
        var host = await StartAsync(new HostSetup
        {
            App = async context =>
            {
                context.RequestAborted.Register(aborted.Set);
                handling.Set();
                await aborted.WaitAsync(Deadline);
            },
        });
        using var client = await host.ConnectAsync(Deadline);
        await client.GetAsync("/");
        await handling.WaitAsync(Deadline);

        using var patience = new CancellationTokenSource();
        var stopping = host.StopAsync(patience.Token);
        await UntilRefusedAsync(host);
        Assert.False(aborted.IsSet);
        await patience.CancelAsync();

        await aborted.WaitAsync(Deadline);
        Assert.True((await client.ReadToEndAsync()).WasReset);
        await stopping.InTimeAsync();
    }

    /// <summary>A handler that ignores everything must not keep the host: it is waited for one second at most.</summary>
    [Fact]
    public async Task Stop_after_its_timeout_leaves_a_handler_behind()
    {
        var handling = new Signal();
        var release = new Signal();
        var host = await StartAsync(new HostSetup
        {
            App = async _ =>
            {
                handling.Set();
                await release.WaitAsync(CancellationToken.None);
            },
        });
        host.Logs.Expect(IsKestrelAboutUnfinishedConnections);
        using var client = await host.ConnectAsync(Deadline);
        await client.GetAsync("/");
        await handling.WaitAsync(Deadline);

        using var patience = new CancellationTokenSource();
        await patience.CancelAsync();
        await host.StopAsync(patience.Token).InTimeAsync();

        Assert.True((await client.ReadToEndAsync()).WasReset);
        release.Set();
    }

    /// <summary>As above, with handlers that keep their threads: as many as there are pollers, and more.</summary>
    [Fact]
    public async Task Stop_does_not_wait_for_handlers_that_block_their_threads()
    {
        const int Clients = 4;
        var handling = 0;
        var ended = 0;
        using var release = new ManualResetEventSlim();
        var host = await StartAsync(new HostSetup
        {
            App = _ =>
            {
                Interlocked.Increment(ref handling);
                release.Wait(Deadline);
                Interlocked.Increment(ref ended);
                return Task.CompletedTask;
            },
        });
        host.Logs.Expect(IsKestrelAboutUnfinishedConnections);
        host.Logs.Expect(static entry => entry is { Level: LogLevel.Warning, Event.Name: "StopPostponed" or "UnbindPostponed" or "SlabsAwaited" });
        var clients = new List<RawClient>();
        try
        {
            for (var i = 0; i < Clients; i++)
            {
                clients.Add(await host.ConnectAsync(Deadline));
                await clients[i].GetAsync("/");
            }

            await Wait.UntilAsync(() => Volatile.Read(ref handling) > 0, Deadline);
            using var patience = new CancellationTokenSource();
            await patience.CancelAsync();
            await host.StopAsync(patience.Token).InTimeAsync();
            Assert.Equal(0, Volatile.Read(ref ended));
        }
        finally
        {
            release.Set();
            clients.ForEach(static client => client.Dispose());
        }

        await Wait.UntilAsync(() => Volatile.Read(ref ended) == Volatile.Read(ref handling), Deadline);
        if (Engine != Engine.Sockets)
        {
            await Wait.UntilAsync(() => host.Logs.HasTransportEvent(Stopped), Deadline);
        }
    }

    [Fact]
    public async Task A_stop_with_idle_connections_ends_them_with_a_fin_and_does_not_wait()
    {
        const int Connections = 20;
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch });
        var clients = new List<RawClient>();
        for (var i = 0; i < Connections; i++)
        {
            var client = await host.ConnectAsync(Deadline);
            clients.Add(client);
            await client.GetAsync("/");
            await client.ReadReplyAsync();
        }

        using var noPatience = new CancellationTokenSource(Wait.Patience);
        await host.StopAsync(noPatience.Token).InTimeAsync();

        Assert.False(noPatience.IsCancellationRequested);
        foreach (var client in clients)
        {
            Assert.False((await client.ReadToEndAsync()).WasReset);
            client.Dispose();
            await (await watch.NextAsync(Deadline)).Closed.InTimeAsync();
        }
    }

    [Fact]
    public async Task A_stop_asks_a_connection_handler_to_close_and_lets_it_finish()
    {
        var setup = new HostSetup().Raw(async connection =>
        {
            var asked = new Signal();
            var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>()!;
            await using var registration = lifetime.ConnectionClosedRequested.Register(asked.Set);
            await connection.Transport.Output.WriteAsync("hello"u8.ToArray(), Deadline);
            await asked.WaitAsync(Deadline);
            await connection.Transport.Output.WriteAsync("bye"u8.ToArray(), Deadline);
        });
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline);
        await client.ReadExactlyAsync("hello".Length);

        var stopping = host.StopAsync(CancellationToken.None);

        var end = await client.ReadToEndAsync();
        Assert.Equal("bye", end.Text);
        Assert.False(end.WasReset);
        await stopping.InTimeAsync();
    }

    [Fact]
    public async Task A_host_that_is_disposed_without_a_stop_ends_its_connections()
    {
        var handling = new Signal();
        var aborted = new Signal();
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup
        {
            Watch = watch,
            App = async context =>
            {
                if (context.Request.Path == "/wait")
                {
                    context.RequestAborted.Register(aborted.Set);
                    handling.Set();
                    await aborted.WaitAsync(Deadline);
                }
            },
        });
        using var idle = await host.ConnectAsync(Deadline);
        await watch.NextAsync(Deadline);
        using var busy = await host.ConnectAsync(Deadline);
        await busy.GetAsync("/wait");
        await handling.WaitAsync(Deadline);

        await host.DisposeAsync();

        await aborted.WaitAsync(Deadline);
        await idle.ReadToEndAsync();
        Assert.True((await busy.ReadToEndAsync()).WasReset);
    }

    [Fact]
    public async Task A_host_that_never_had_a_connection_stops()
    {
        var host = await StartAsync();

        await host.StopAsync(Deadline).InTimeAsync();

        await UntilRefusedAsync(host);
    }

    /// <summary>Clients that were in the backlog, or are being accepted, while the listener closes.</summary>
    [Fact]
    public async Task A_stop_under_a_storm_of_connects_ends_and_every_client_gets_an_end()
    {
        var host = await StartAsync();
        var port = host.Port;
        using var over = new CancellationTokenSource();
        var served = 0;
        var storm = Enumerable.Range(0, 4).Select(_ => Task.Run(StormAsync, Deadline)).ToList();
        await Wait.UntilAsync(() => Volatile.Read(ref served) > 50, Deadline);

        await host.StopAsync(Deadline).InTimeAsync();

        await over.CancelAsync();
        await Task.WhenAll(storm).InTimeAsync();

        async Task StormAsync()
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Deadline);
                    await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                    await client.ReadToEndAsync();
                    Interlocked.Increment(ref served);
                }
                catch (SocketException)
                {
                    // Refused, or reset before it was accepted: also an end.
                }
            }
        }
    }

    private static bool IsKestrelAboutUnfinishedConnections(LogEntry entry) =>
        entry.Category.StartsWith("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal)
        && entry.Event.Name is "NotAllConnectionsAborted" or "NotAllConnectionsClosedGracefully";

    /// <summary>The listener is closed: the first visible step of a stop.</summary>
    private Task UntilRefusedAsync(TestHost host) => RawClient.UntilRefusedAsync(new IPEndPoint(IPAddress.Loopback, host.Port), Deadline);

    public sealed class OnSockets() : Shutdown(Engine.Sockets);

    public sealed class OnRio() : Shutdown(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : Shutdown(Engine.RioInline);

    public sealed class OnRioAdaptive() : Shutdown(Engine.RioAdaptive);
}
