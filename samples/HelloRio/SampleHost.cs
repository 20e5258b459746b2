using System.Net;
using HelloRio.Figures;
using HelloRio.Routes;
using Kestrel.Transport.Rio;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HelloRio;

/// <summary>Puts the host together: transport, endpoints, routes.</summary>
internal static class SampleHost
{
    public static WebApplication Build(SampleOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        AddLogging(builder.Logging);
        UseTransport(builder.WebHost, options);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));

        // Before the server is made, so that no figure of its pool is missed.
        builder.Services.AddSingleton(new TransportFigures(listen: options.Figures));

        // Requests that run on when the user asks for the end are cut off, so that Ctrl-C ends within a second.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(500));

        var app = builder.Build();
        MapRoutes(app);
        return app;
    }

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Kestrel.Transport.Rio", LogLevel.Information);

        // Why a start failed is said in one line, by the program.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        // Hosting makes an Activity for every request as soon as this category is enabled at any level.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
    }

    private static void UseTransport(IWebHostBuilder webHost, SampleOptions options)
    {
        if (options.Transport == SampleTransport.Rio)
        {
            webHost.UseRio(rio =>
            {
                rio.ApplicationScheduling = options.Scheduling ?? rio.ApplicationScheduling;
                rio.PollerCount = options.Pollers ?? rio.PollerCount;
            });
        }
        else
        {
            webHost.UseSockets(sockets =>
            {
                sockets.UnsafePreferInlineScheduling = options.Scheduling == ApplicationScheduling.Inline;
                sockets.IOQueueCount = options.Pollers ?? sockets.IOQueueCount;
            });
        }
    }

    private static void Listen(KestrelServerOptions kestrel, SampleOptions options)
    {
        // Uploads are hashed as they come and never held, so their length needs no limit.
        kestrel.Limits.MaxRequestBodySize = null;

        var https = options.HttpsPort != SampleOptions.Disabled
            || options.Addresses.Any(IsHttps);
        var certificate = https ? DevelopmentCertificate.Create() : null;

        foreach (var address in options.Addresses)
        {
            Listen(kestrel, address, endpoint =>
            {
                if (IsHttps(address))
                {
                    endpoint.UseHttps(certificate!);
                }
            });
        }

        if (options.HttpsPort != SampleOptions.Disabled)
        {
            kestrel.Listen(IPAddress.Loopback, options.HttpsPort, endpoint => endpoint.UseHttps(certificate!));
        }

        if (options.Http2Port != SampleOptions.Disabled)
        {
            kestrel.Listen(IPAddress.Loopback, options.Http2Port, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        }

        if (options.EchoPort != SampleOptions.Disabled)
        {
            kestrel.Listen(IPAddress.Loopback, options.EchoPort, endpoint =>
                endpoint.UseConnectionHandler<EchoConnectionHandler>());
        }
    }

    private static void Listen(KestrelServerOptions kestrel, BindingAddress address, Action<ListenOptions> configure)
    {
        if (address.IsUnixPipe)
        {
            kestrel.ListenUnixSocket(address.UnixPipePath, configure);
        }
        else if (IPAddress.TryParse(address.Host, out var ip))
        {
            kestrel.Listen(ip, address.Port, configure);
        }
        else if (address.Host is "localhost")
        {
            kestrel.ListenLocalhost(address.Port, configure);
        }
        else
        {
            kestrel.ListenAnyIP(address.Port, configure);
        }
    }

    private static bool IsHttps(BindingAddress address) => address.Scheme is "https";

    private static void MapRoutes(WebApplication app)
    {
        // Ahead of routing: the benchmark compares transports, so its routes do as little else as they can.
        app.Use(BenchmarkRoutes.Middleware);
        app.UseWebSockets();
        app.UseRouting();
        app.MapPost("/upload", UploadRoute.RespondAsync);
        app.MapGet("/stream", StreamRoute.RespondAsync);
        app.Map("/ws", WebSocketEchoRoute.RespondAsync);
        app.MapGet("/figures", FiguresRoute.RespondAsync);
    }
}
