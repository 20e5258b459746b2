using System.Diagnostics.Metrics;
using System.Security.Authentication;
using Kestrel.Transport.Rio.Tests.Verification;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.SoakTests.Server;

/// <summary>A real Kestrel on the transport, with the verifier between transport and provider if it is wanted.</summary>
internal sealed class SoakServer : IAsyncDisposable
{
    /// <summary>The name of the endpoint of HTTP/2 in clear text.</summary>
    public const string Http2 = "HTTP/2";

    private const int DefaultBacklog = 512;

    // The clients are of this process, and all of it may be given little time. Who is slow here is not one of the bad.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    // Handlers block and wait for 50 ms at the most; on a machine that has other things to do they come late.
    private static readonly TimeSpan s_latestReturn = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly SoakOptions _options;
    private VerifyingIo? _verifier;

    private SoakServer(SoakOptions options)
    {
        _options = options;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddProvider(Log);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.RequestHeadersTimeout = s_patience;
            kestrel.Limits.KeepAliveTimeout = s_patience;
            kestrel.Listen(IPAddress.Loopback, 0, listen => Watched(listen, "HTTP/1").Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => Watched(listen, Http2).Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => Watched(listen, "TLS").UseHttps(static https =>
            {
                https.ServerCertificate = Certificates.Localhost;
                https.HandshakeTimeout = s_patience;
                https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;

                // So that a handler can have TLS 1.2 renegotiated.
                https.ClientCertificateMode = ClientCertificateMode.DelayCertificate;
                https.AllowAnyClientCertificate();
            }));
        });
        if (options.Transport == SoakTransport.Rio)
        {
            UseRio(builder);
        }
        else
        {
            builder.WebHost.UseSockets(sockets => sockets.Backlog = Backlog);
        }

        _app = builder.Build();
        _app.Use(Connections.WatchRequestAsync);
        _app.UseWebSockets();
        _app.Run(SoakRoutes.RespondAsync);
    }

    public ProblemLog Log { get; } = new();

    public LiveConnections Connections { get; } = new();

    // All clients may connect at once, and storms beside them. Whom the queue has no room for believes to be connected, and is reset by
    // the system when it has sent for a while, whatever the transport.
    private int Backlog => Math.Max(DefaultBacklog, 2 * _options.Clients);

    /// <summary>What is registered with the provider; null where nobody verifies it.</summary>
    public long? VerifiedRegisteredBytes => _verifier?.Memory.RegisteredBytes;

    public IServiceProvider Services => _app.Services;

    public SoakEndPoints EndPoints
    {
        get
        {
            var endPoints = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
                .Select(static address => new IPEndPoint(IPAddress.Loopback, new Uri(address).Port))
                .ToList();
            return new SoakEndPoints(endPoints[0], endPoints[1], endPoints[2]);
        }
    }

    public static async Task<SoakServer> StartAsync(SoakOptions options, CancellationToken cancelled)
    {
        var server = new SoakServer(options);
        await server._app.StartAsync(cancelled);
        return server;
    }

    /// <param name="giveUp">From then on requests that have begun are not waited for any more.</param>
    public Task StopAsync(CancellationToken giveUp = default) => _app.StopAsync(giveUp);

    /// <summary>
    /// Throws what the verifier has seen, and what it finds left after a stop. Kestrel gives handlers a second after it has aborted
    /// their connections, and those that have not ended by then bring their blocks back later.
    /// </summary>
    /// <param name="lostBlocks">What connections have that Kestrel never ends.</param>
    public async Task AssertNothingLeftAsync(long lostBlocks = 0)
    {
        if (_options is { IsVerified: true, Transport: SoakTransport.Rio })
        {
            var verifier = _verifier ?? throw new InvalidOperationException("Nobody has asked the verifier for anything.");
            try
            {
                await verifier.Disposed.WaitAsync(s_latestReturn);
            }
            catch (TimeoutException) when (lostBlocks > 0)
            {
                // What is left beside them is said below.
            }
            catch (TimeoutException)
            {
                // What is left says more.
                verifier.AssertNothingLeft();
                throw;
            }

            verifier.AssertNothingLeft(lostBlocks);
        }
    }

    /// <summary>Until the process is told to end, and what the host does then has been done.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private ListenOptions Watched(ListenOptions listen, string name)
    {
        Connections.WatchEndPoint(listen, name);
        return listen;
    }

    private void UseRio(WebApplicationBuilder builder)
    {
        builder.WebHost.UseRio(options =>
        {
            options.Fallback = UnavailableBehavior.Throw;
            options.Backlog = Backlog;
            options.ApplicationScheduling = _options.Scheduling;
            options.ReturnedMemory = _options.ReturnedMemory;
        });
        if (_options.IsVerified)
        {
            builder.Services.AddSingleton<IConnectionListenerFactory>(services => new RioTransportFactory(
                services.GetRequiredService<IOptions<RioTransportOptions>>(),
                services.GetRequiredService<ILoggerFactory>(),
                services.GetRequiredService<IMeterFactory>(),
                io =>
                {
                    _verifier = new VerifyingIo(io, VerifierScope.Transport);
                    _verifier.Memory.TracesRents = _options.TracesRents;
                    return _verifier;
                }));
        }
    }
}
