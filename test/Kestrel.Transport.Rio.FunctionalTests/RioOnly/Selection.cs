using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: which transport gets an endpoint, however and how often UseRio is called.</summary>
public sealed class Selection() : FunctionalTest(Engine.RioOnThreadPool)
{
    private static readonly string s_rio = Engine.RioOnThreadPool.ConnectionAssembly;
    private static readonly string s_sockets = Engine.Sockets.ConnectionAssembly;

    [Fact]
    public Task UseRio_before_UseKestrel_serves() => AssertServedByRioAsync(builder => builder.WebHost.UseRio().UseKestrel());

    [Fact]
    public Task UseRio_after_UseKestrel_serves() => AssertServedByRioAsync(builder => builder.WebHost.UseKestrel().UseRio());

    [Fact]
    public Task UseRio_on_the_services_serves() => AssertServedByRioAsync(
        builder => builder.Services.UseRio(options => options.Fallback = UnavailableBehavior.Throw));

    [Fact]
    public Task UseSockets_before_UseRio_gives_way() => AssertServedByRioAsync(builder => builder.WebHost.UseSockets().UseRio());

    /// <summary>UseSockets adds nothing where there is a transport, and so leaves no trace.</summary>
    [Fact]
    public Task UseSockets_after_UseRio_does_not_take_it_back() => AssertServedByRioAsync(
        builder => builder.WebHost.UseRio(options => options.Fallback = UnavailableBehavior.Throw).UseSockets());

    /// <summary>Or an endpoint that Rio does not serve had no transport at all: a Unix socket on Windows, say.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void UseRio_on_a_generic_host_leaves_Sockets_behind_it(bool beforeKestrel)
    {
        using var host = new HostBuilder()
            .ConfigureServices(services =>
            {
                if (beforeKestrel)
                {
                    services.UseRio();
                }
            })
            .ConfigureWebHost(builder => builder.UseKestrel().Configure(static _ => { }))
            .ConfigureServices(services => services.UseRio().UseRio())
            .Build();

        var factories = host.Services.GetServices<IConnectionListenerFactory>()
            .Select(static factory => factory.GetType())
            .Where(static type => type == typeof(SocketTransportFactory) || type == typeof(RioTransportFactory));
        Assert.Equal([typeof(SocketTransportFactory), typeof(RioTransportFactory)], factories);
    }

    [Fact]
    public async Task UseRio_on_a_generic_host_before_UseKestrel_serves_Unix_sockets()
    {
        Assert.SkipUnless(
            Socket.OSSupportsUnixDomainSockets, "not on this machine: it has no Unix domain sockets (Wine never, Windows from 10 on).");
        using var path = new SocketPath();
        using var host = new HostBuilder()
            .ConfigureServices(static services => services.UseRio())
            .ConfigureWebHost(builder => builder
                .UseKestrel(options => options.ListenUnixSocket(path.Value))
                .Configure(static app => app.Run(TestApp.HandleAsync)))
            .Build();
        await host.StartAsync(Deadline);

        using var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path.Value), Deadline);
        await client.GetAsync("/");

        Assert.Equal(200, (await client.ReadReplyAsync()).Status);
        await host.StopAsync(Deadline);
    }

    [Fact]
    public async Task UseRio_twice_serves_with_the_options_of_both()
    {
        var host = await AssertServedByRioAsync(builder => builder.WebHost
            .UseRio(options => options.PollerCount = 1)
            .UseRio(options => options.NoDelay = false));

        var options = host.Services.GetRequiredService<IOptions<RioTransportOptions>>().Value;
        Assert.Equal(1, options.PollerCount);
        Assert.False(options.NoDelay);
    }

    [Fact]
    public async Task An_endpoint_that_Rio_cannot_serve_falls_through_to_a_transport_that_can()
    {
        var watch = new ConnectionWatch();
        var setup = new HostSetup { Watch = watch }
            .Endpoint((options, use) => options.Listen(new ForeignEndPoint(), use))
            .Listen(IPAddress.Loopback);
        var foreign = new ForeignTransportFactory();
        var host = Keep(TestHost.Build(setup, builder =>
        {
            builder.Services.AddSingleton<IConnectionListenerFactory>(foreign);
            builder.WebHost.UseRio(options => options.Fallback = UnavailableBehavior.Throw);
        }));
        await host.StartAsync(Deadline);

        Assert.Equal(s_sockets, await ServedByAsync(watch, foreign.Bound!));
        Assert.Equal(s_rio, await ServedByAsync(watch, new IPEndPoint(IPAddress.Loopback, host.PortOf(1))));
    }

    [Fact]
    public async Task An_endpoint_that_nobody_can_serve_stops_the_start_and_is_named()
    {
        var host = Build(new HostSetup().Endpoint((options, use) => options.Listen(new ForeignEndPoint(), use)));
        host.Logs.Expect(entry => entry.Exception is InvalidOperationException);

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Deadline));

        Assert.Contains(nameof(ForeignEndPoint), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_with_and_without_Rio_live_in_one_process()
    {
        var withRio = new ConnectionWatch();
        var without = new ConnectionWatch();
        var rio = await StartAsync(new HostSetup { Watch = withRio });
        var sockets = Keep(TestHost.Build(Engine.Sockets, new HostSetup { Watch = without }));
        await sockets.StartAsync(Deadline);

        Assert.Equal(s_rio, await ServedByAsync(withRio, new IPEndPoint(IPAddress.Loopback, rio.Port)));
        Assert.Equal(s_sockets, await ServedByAsync(without, new IPEndPoint(IPAddress.Loopback, sockets.Port)));
    }

    private async Task<TestHost> AssertServedByRioAsync(Action<WebApplicationBuilder> useTransport)
    {
        var watch = new ConnectionWatch();
        var host = Keep(TestHost.Build(new HostSetup { Watch = watch }, useTransport));
        await host.StartAsync(Deadline);
        Assert.Equal(s_rio, await ServedByAsync(watch, new IPEndPoint(IPAddress.Loopback, host.Port)));
        return host;
    }

    private async Task<string?> ServedByAsync(ConnectionWatch watch, EndPoint endPoint)
    {
        using var client = await RawClient.ConnectAsync(endPoint, Deadline);
        await client.GetAsync("/");
        Assert.Equal(200, (await client.ReadReplyAsync()).Status);
        return (await watch.NextAsync(Deadline)).Context.GetType().Assembly.GetName().Name;
    }
}
