using System.Globalization;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>
/// The child process of <see cref="RioOnly.MachinesThatSayNo"/>: serves on a machine that forbids something, and writes down
/// which transport it was and what that has logged.
/// </summary>
public static class RestrictedMachine
{
    public const string Command = "--restricted-machine";

    /// <summary>In place of an errno: nothing is forbidden beyond what the parent has arranged.</summary>
    public const string NoFilter = "0";

    private const int DownloadLength = 3_000_000;

    public static async Task RunAsync(string errno, UnavailableBehavior fallback, int call = SeccompFilter.IoUringSetup)
    {
        using var deadline = new CancellationTokenSource(Wait.Patience);
        if (errno != NoFilter)
        {
            SeccompFilter.Forbid(call, int.Parse(errno, CultureInfo.InvariantCulture));
        }

        var setup = new HostSetup { Watch = new ConnectionWatch() };
        await using var host = TestHost.Build(
            setup.Listen(IPAddress.Loopback),
            builder => builder.WebHost.UseRio(options =>
            {
                options.Fallback = fallback;
                options.PollerCount = 2;
            }));
        try
        {
            await host.StartAsync(deadline.Token);
        }
        catch (PlatformNotSupportedException e)
        {
            await Console.Out.WriteLineAsync($"refused: {e.Message}");
            return;
        }

        var bytes = await host.Http.GetByteArrayAsync(new Uri(host.Uri, $"bytes?n={DownloadLength}"), deadline.Token);
        Assert.Equal(Pattern.Bytes(DownloadLength), bytes);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => host.AssertServesAsync(deadline.Token)));
        var connection = await setup.Watch.NextAsync(deadline.Token);
        await host.StopAsync(deadline.Token);

        await Console.Out.WriteLineAsync($"served by {connection.Context.GetType().Assembly.GetName().Name}");
        foreach (var entry in host.Logs.OfTransport.Where(entry => entry.Level >= LogLevel.Information))
        {
            await Console.Out.WriteLineAsync($"{entry.Level}: {entry.Message}");
        }
    }
}
