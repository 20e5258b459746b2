using Kestrel.Transport.Rio;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace HelloRio;

/// <summary>Says what serves and where. The provider beneath the transport is in the transport's own log line.</summary>
internal static class StartReport
{
    public static void Print(WebApplication app, SampleOptions options)
    {
        Console.WriteLine($"transport: {Transport(app.Services, options)}");

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        foreach (var address in addresses?.Addresses ?? [])
        {
            Console.WriteLine($"listening: {(IsEcho(address, options) ? $"{Tcp(address)} (raw echo)" : address)}");
        }

        Console.WriteLine("Ctrl-C stops.");
    }

    private static string Transport(IServiceProvider services, SampleOptions options)
    {
        if (options.Transport == SampleTransport.Rio)
        {
            var rio = services.GetRequiredService<IOptions<RioTransportOptions>>().Value;
            return $"rio (scheduling {rio.ApplicationScheduling}, pollers {rio.PollerCount})";
        }

        var sockets = services.GetRequiredService<IOptions<SocketTransportOptions>>().Value;
        var scheduling = sockets.UnsafePreferInlineScheduling ? "inline" : "thread pool";
        return $"sockets (scheduling {scheduling}, I/O queues {sockets.IOQueueCount})";
    }

    // Kestrel lists every endpoint as an HTTP address, also the one whose connections never reach HTTP.
    private static bool IsEcho(string address, SampleOptions options) =>
        options.EchoPort != SampleOptions.Disabled && BindingAddress.Parse(address).Port == options.EchoPort;

    private static string Tcp(string address)
    {
        var echo = BindingAddress.Parse(address);
        return $"tcp://{echo.Host}:{echo.Port}";
    }
}
