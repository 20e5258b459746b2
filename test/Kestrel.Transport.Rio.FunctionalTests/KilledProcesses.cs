namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>SIGKILL: a real process, which is this program again.</summary>
public abstract class KilledProcesses(Engine engine) : FunctionalTest(engine)
{
    /// <summary>A ring that holds the listening socket is taken down some milliseconds after the process has gone.</summary>
    [Fact]
    public async Task Port_is_free_when_a_killed_process_has_gone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "not on this machine: SIGKILL is Unix'.");
        for (var i = 0; i < 5; i++)
        {
            using var server = ServerProcess.Start(TerminatedServer.Command, Engine);
            var endPoint = await ServerProcess.ReadEndPointAsync(server, Deadline);
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

    public sealed class OnSockets() : KilledProcesses(Engine.Sockets);

    public sealed class OnRio() : KilledProcesses(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : KilledProcesses(Engine.RioInline);

    public sealed class OnRioAdaptive() : KilledProcesses(Engine.RioAdaptive);
}
