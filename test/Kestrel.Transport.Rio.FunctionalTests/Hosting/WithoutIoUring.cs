using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>
/// The child process of <see cref="RioOnly.Unavailable"/>: forbids itself io_uring as a container's seccomp profile does,
/// then starts a host, and asserts what comes of it.
/// </summary>
public static class WithoutIoUring
{
    public const string Command = "--without-io-uring";
    public const string Done = "as it should be";

    public static async Task RunAsync(UnavailableBehavior behavior, int errno)
    {
        using var deadline = new CancellationTokenSource(Wait.Patience);
        SeccompFilter.Forbid(SeccompFilter.IoUringSetup, errno);
        var watch = new ConnectionWatch();
        var setup = new HostSetup { Watch = watch }.Listen(IPAddress.Loopback).Listen(IPAddress.Loopback);
        await using var host = TestHost.Build(setup, builder => builder.WebHost.UseRio(options =>
        {
            options.Fallback = behavior;
            options.NoDelay = false;
        }));

        if (behavior == UnavailableBehavior.Throw)
        {
            var exception = await Assert.ThrowsAsync<PlatformNotSupportedException>(() => host.StartAsync(deadline.Token));
            Assert.Contains("io_uring", exception.Message, StringComparison.Ordinal);
        }
        else
        {
            await host.StartAsync(deadline.Token);
            await host.AssertServesAsync(deadline.Token);
            var connection = (await watch.NextAsync(deadline.Token)).Context;
            Assert.Equal(Engine.Sockets.ConnectionAssembly, connection.GetType().Assembly.GetName().Name);

            // Two endpoints and a connection: and one warning.
            var warning = Assert.Single(host.Logs.OfTransport, entry => entry.Level > LogLevel.Information);
            Assert.Equal(LogLevel.Warning, warning.Level);
            Assert.Contains("io_uring", warning.Message, StringComparison.Ordinal);

            using var client = await host.ConnectAsync(deadline.Token);
            var open = (await watch.NextAsync(deadline.Token)).Context;
            Assert.False(open.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.NoDelay);
            await host.StopAsync(deadline.Token);
        }

        await Console.Out.WriteLineAsync(Done);
    }
}
