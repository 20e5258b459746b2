using System.Diagnostics.Metrics;
using Kestrel.Transport.Rio.Tests.Verification;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.Torture.Server;

/// <summary>A real Kestrel on the transport, with the verifier between transport and provider if it is wanted.</summary>
internal sealed class TortureServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TortureOptions _options;
    private VerifyingIo? _verifier;

    private TortureServer(TortureOptions options)
    {
        _options = options;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddProvider(Log);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        if (options.Transport == TortureTransport.Rio)
        {
            UseRio(builder);
        }

        _app = builder.Build();
        _app.Run(TortureRoutes.RespondAsync);
    }

    public ProblemLog Log { get; } = new();

    public IServiceProvider Services => _app.Services;

    public IPEndPoint EndPoint
    {
        get
        {
            var addresses = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
            return new IPEndPoint(IPAddress.Loopback, new Uri(addresses.Single()).Port);
        }
    }

    public static async Task<TortureServer> StartAsync(TortureOptions options, CancellationToken cancelled)
    {
        var server = new TortureServer(options);
        await server._app.StartAsync(cancelled);
        return server;
    }

    /// <summary>Stops it, and then throws what the verifier has seen or finds left.</summary>
    public async Task StopAsync()
    {
        await _app.StopAsync();
        if (_options is { IsVerified: true, Transport: TortureTransport.Rio })
        {
            (_verifier ?? throw new InvalidOperationException("Nobody has asked the verifier for anything.")).AssertNothingLeft();
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void UseRio(WebApplicationBuilder builder)
    {
        builder.WebHost.UseRio(options =>
        {
            options.Fallback = UnavailableBehavior.Throw;
            options.ApplicationScheduling = _options.Scheduling;
        });
        if (_options.IsVerified)
        {
            builder.Services.AddSingleton<IConnectionListenerFactory>(services => new RioTransportFactory(
                services.GetRequiredService<IOptions<RioTransportOptions>>(),
                services.GetRequiredService<ILoggerFactory>(),
                services.GetRequiredService<IMeterFactory>(),
                io => _verifier = new VerifyingIo(io, VerifierScope.Transport)));
        }
    }
}
