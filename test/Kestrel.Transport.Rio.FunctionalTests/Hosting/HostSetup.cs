using Microsoft.Extensions.DependencyInjection;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>What a scenario wants of its host. Says nothing of the engine.</summary>
public sealed class HostSetup
{
    private readonly List<Action<KestrelServerOptions>> _endpoints = [];

    public TransportSettings Transport { get; } = new();

    /// <summary>The application; by default <see cref="TestApp"/>.</summary>
    public RequestDelegate App { get; set; } = TestApp.HandleAsync;

    /// <summary>Middleware before the application.</summary>
    public Action<WebApplication>? Pipeline { get; set; }

    public Action<KestrelServerOptions>? Kestrel { get; set; }

    public Action<IServiceCollection>? Services { get; set; }

    /// <summary>How long the host's own stop waits for requests before it turns abortive.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Set to see the connections of all endpoints added by this setup as the transport made them.</summary>
    public ConnectionWatch? Watch { get; set; }

    public HostSetup Listen(IPAddress address, Action<ListenOptions>? configure = null, int port = 0) =>
        Endpoint((options, use) => options.Listen(address, port, use), configure);

    /// <summary>Skips the test where there are no Unix domain sockets.</summary>
    public HostSetup ListenUnix(string path, Action<ListenOptions>? configure = null)
    {
        Assert.SkipUnless(
            Socket.OSSupportsUnixDomainSockets, "not on this machine: it has no Unix domain sockets (Wine never, Windows from 10 on).");
        return Endpoint((options, use) => options.ListenUnixSocket(path, use), configure);
    }

    public HostSetup Endpoint(
        Action<KestrelServerOptions, Action<ListenOptions>> listen, Action<ListenOptions>? configure = null)
    {
        _endpoints.Add(options => listen(options, listenOptions =>
        {
            if (Watch is { } watch)
            {
                listenOptions.Use(watch.Middleware);
            }

            configure?.Invoke(listenOptions);
        }));
        return this;
    }

    /// <summary>A connection handler in place of HTTP, on 127.0.0.1.</summary>
    public HostSetup Raw(Func<ConnectionContext, Task> handler) =>
        Listen(IPAddress.Loopback, listenOptions => listenOptions.Run(handler));

    internal void Apply(KestrelServerOptions options)
    {
        if (_endpoints.Count == 0)
        {
            Listen(IPAddress.Loopback, listenOptions => listenOptions.Protocols = HttpProtocols.Http1);
        }

        Kestrel?.Invoke(options);
        _endpoints.ForEach(listen => listen(options));
    }
}
