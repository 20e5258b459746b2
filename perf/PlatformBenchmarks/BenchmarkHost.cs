using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kestrel.Transport.Rio;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using PlatformBenchmarks.Routes;

namespace PlatformBenchmarks;

/// <summary>Puts the host together: transport, endpoints, and one delegate for every request.</summary>
internal static class BenchmarkHost
{
    // Load generators open all their connections at once, and who does not fit in tries again after a second or three.
    private const int Backlog = 4096;

    public static WebApplication Build(BenchmarkOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();

        // Warnings only, and nothing of hosting: it makes an Activity for every request once its category is enabled.
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        UseTransport(builder.WebHost, options);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(500));

        var app = builder.Build();
        app.Run(Dispatcher.RespondAsync);
        return app;
    }

    private static void UseTransport(IWebHostBuilder webHost, BenchmarkOptions options)
    {
        if (options.Transport == TransportKind.Rio)
        {
            webHost.UseRio(rio =>
            {
                // What is measured under the name of rio has to be rio.
                rio.Fallback = UnavailableBehavior.Throw;
                rio.Backlog = Backlog;
                rio.ApplicationScheduling = options.Scheduling;
                rio.PollerCount = options.Pollers ?? rio.PollerCount;
            });
        }
        else
        {
            webHost.UseSockets(sockets =>
            {
                sockets.Backlog = Backlog;
                sockets.UnsafePreferInlineScheduling = options.Scheduling == ApplicationScheduling.Inline;
                sockets.IOQueueCount = options.Pollers ?? sockets.IOQueueCount;
            });
        }
    }

    private static void Listen(KestrelServerOptions kestrel, BenchmarkOptions options)
    {
        kestrel.Limits.MaxRequestBodySize = null;
        X509Certificate2? certificate = null;
        foreach (var address in options.Addresses)
        {
            var endPoint = new IPEndPoint(
                address.Host is "localhost" ? IPAddress.Loopback : IPAddress.Parse(address.Host),
                address.Port);
            kestrel.Listen(endPoint, listen =>
            {
                listen.Protocols = options.Protocols;
                if (address.Scheme is "https")
                {
                    certificate ??= MemoryCertificate.Create();
                    listen.UseHttps(certificate);
                }
            });
        }

        if (options.Http2Port is { } http2)
        {
            kestrel.Listen(IPAddress.Loopback, http2, static listen => listen.Protocols = HttpProtocols.Http2);
        }

        if (options.EchoPort is { } port)
        {
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseConnectionHandler<EchoConnectionHandler>());
        }
    }
}
