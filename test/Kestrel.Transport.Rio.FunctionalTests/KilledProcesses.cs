using System.Diagnostics;
using System.Globalization;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>What signals do to a process that serves: a real process, which is this program again.</summary>
public abstract class KilledProcesses(Engine engine) : FunctionalTest(engine)
{
    /// <summary>A ring that holds the listening socket is taken down some milliseconds after the process has gone.</summary>
    [Fact]
    public async Task Port_is_free_when_a_killed_process_has_gone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "not on this machine: SIGKILL is Unix'.");
        for (var i = 0; i < 5; i++)
        {
            using var server = StartServer(TerminatedServer.Command);
            var endPoint = await ReadEndPointAsync(server);
            using var client = await RawClient.ConnectAsync(endPoint, Deadline);
            await client.GetAsync("/");
            await client.ReadReplyAsync();

            server.Kill();
            await server.WaitForExitAsync(Deadline);

            using var next = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            next.Bind(endPoint);
            next.Listen();
        }
    }

    /// <summary>
    /// .NET ignores SIGPIPE, and native code may have restored its default, by which it ends the process: so it does on Sockets.
    /// </summary>
    [Fact]
    public async Task Peer_that_goes_does_not_end_a_process_with_the_default_sigpipe()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "not on this machine: SIGPIPE is Unix'.");
        Assert.SkipWhen(Engine == Engine.Sockets, "not on this machine: Sockets leaves SIGPIPE to the process, on any machine.");
        using var server = StartServer(BrokenPipeServer.Command);
        try
        {
            var endPoint = await ReadEndPointAsync(server);
            for (var i = 0; i < 20; i++)
            {
                using var client = await RawClient.ConnectAsync(endPoint, Deadline);
                await client.GetAsync(BrokenPipeServer.StreamPath);
                await client.ReadAsync();
            }

            // Each stream ends when its connection has, and one was written to after the peer had gone.
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(BrokenPipeServer.Ended, await server.StandardOutput.ReadLineAsync(Deadline));
            }

            Assert.False(server.HasExited);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(Deadline);
        }
    }

    private Process StartServer(string command) => Process.Start(new ProcessStartInfo(Program.FilePath, [command, Engine.Name])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private async Task<IPEndPoint> ReadEndPointAsync(Process server) => new(
        IPAddress.Loopback, int.Parse((await server.StandardOutput.ReadLineAsync(Deadline))!, CultureInfo.InvariantCulture));

    public sealed class OnSockets() : KilledProcesses(Engine.Sockets);

    public sealed class OnRio() : KilledProcesses(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : KilledProcesses(Engine.RioInline);

    public sealed class OnRioAdaptive() : KilledProcesses(Engine.RioAdaptive);
}
