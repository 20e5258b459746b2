namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// .NET ignores SIGPIPE, and native code may have restored its default. On Sockets a peer that goes then ends the process: a real process,
/// which is this program again.
/// </summary>
public abstract class BrokenPipes(Engine engine) : FunctionalTest(engine)
{
    [Fact]
    public async Task Peer_that_goes_does_not_end_a_process_with_the_default_sigpipe()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "not on this machine: SIGPIPE is Unix'.");
        using var server = ServerProcess.Start(BrokenPipeServer.Command, Engine);
        try
        {
            var endPoint = await ServerProcess.ReadEndPointAsync(server, Deadline);
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

    public sealed class OnRio() : BrokenPipes(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : BrokenPipes(Engine.RioInline);

    public sealed class OnRioAdaptive() : BrokenPipes(Engine.RioAdaptive);
}
