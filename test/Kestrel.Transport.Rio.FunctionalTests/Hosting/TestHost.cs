using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>A real Kestrel on one engine, and the clients to talk to it.</summary>
public sealed class TestHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private HttpClient? _http;

    private TestHost(WebApplication app, LogSink logs)
    {
        _app = app;
        Logs = logs;
    }

    public LogSink Logs { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The addresses in the order of the endpoints, with real ports.</summary>
    public IReadOnlyList<string> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    public int Port => PortOf(0);

    public Uri Uri => new($"http://127.0.0.1:{Port}/");

    public HttpClient Http => _http ??= new HttpClient { BaseAddress = Uri, Timeout = Wait.Patience };

    /// <summary>Builds a host and does not start it. A start that must fail wants the host in hand to look at its log.</summary>
    public static TestHost Build(Engine engine, HostSetup setup)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Build(setup, builder => engine.Use(builder.WebHost, setup.Transport));
    }

    public static TestHost Build(HostSetup setup, Action<WebApplicationBuilder> useTransport)
    {
        ArgumentNullException.ThrowIfNull(setup);
        ArgumentNullException.ThrowIfNull(useTransport);
        var logs = new LogSink();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Information).AddProvider(logs);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Debug);
        builder.Logging.AddFilter("Kestrel.Transport.Rio", LogLevel.Debug);
        builder.WebHost.ConfigureKestrel(setup.Apply);
        useTransport(builder);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = setup.ShutdownTimeout);
        setup.Services?.Invoke(builder.Services);

        var app = builder.Build();
        setup.Pipeline?.Invoke(app);
        app.Run(setup.App);
        return new TestHost(app, logs);
    }

    public int PortOf(int endpoint) => new Uri(Addresses[endpoint].Replace("[::]", "localhost", StringComparison.Ordinal)).Port;

    /// <summary>Between a start that has succeeded and the first call to <see cref="StopAsync"/> or <see cref="DisposeAsync"/>.</summary>
    public bool IsRunning { get; private set; }

    public async Task StartAsync(CancellationToken deadline)
    {
        await _app.StartAsync(deadline);
        IsRunning = true;
    }

    public Task StopAsync(CancellationToken abortWhen)
    {
        IsRunning = false;
        return _app.StopAsync(abortWhen);
    }

    /// <summary>Until the process is told to end, and what the host does then has been done.</summary>
    public async Task WaitForShutdownAsync()
    {
        await _app.WaitForShutdownAsync();
        IsRunning = false;
    }

    public Task<RawClient> ConnectAsync(CancellationToken deadline, Action<Socket>? configure = null) =>
        RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), deadline, configure);

    /// <summary>So many connections, each of which has been served.</summary>
    public async Task<RawClient[]> ConnectServedAsync(int count, CancellationToken deadline)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => ConnectAsync(deadline)));
        foreach (var client in clients)
        {
            await client.GetAsync("/text/x");
            Assert.Equal("x", (await client.ReadReplyAsync()).Text);
        }

        return clients;
    }

    /// <summary>The proof after every attack: a new connection is served as if nothing had happened.</summary>
    public async Task AssertServesAsync(CancellationToken deadline, [CallerMemberName] string name = "")
    {
        using var client = await ConnectAsync(deadline);
        await client.SendAsync($"GET /text/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        var reply = await client.ReadReplyAsync();
        Assert.Equal(200, reply.Status);
        Assert.Equal(name, reply.Text);
    }

    public async ValueTask DisposeAsync()
    {
        IsRunning = false;
        _http?.Dispose();
        await _app.DisposeAsync().AsTask().InTimeAsync();
    }
}
