using System.Diagnostics;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>SIGTERM, by which service managers and containers end a server: a real process, which is this program again.</summary>
public abstract class Terminations(Engine engine) : FunctionalTest(engine)
{
    private const int Connections = 20;

    [Fact]
    public async Task Terminated_process_answers_begun_requests_and_exits_with_0()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "not on this machine: SIGTERM is Unix'.");

        using var process = ServerProcess.Start(TerminatedServer.Command, Engine);
        try
        {
            await TerminateAsync(process);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private async Task TerminateAsync(Process process)
    {
        var errors = process.StandardError.ReadToEndAsync(Deadline);
        var server = await ServerProcess.ReadEndPointAsync(process, Deadline);
        var idle = new List<RawClient>();
        var busy = new List<RawClient>();
        for (var i = 0; i < Connections; i++)
        {
            idle.Add(await RawClient.ConnectAsync(server, Deadline));
            await idle[i].GetAsync("/");
            Assert.Equal(StatusCodes.Status200OK, (await idle[i].ReadReplyAsync()).Status);
            busy.Add(await RawClient.ConnectAsync(server, Deadline));
            await busy[i].GetAsync(TerminatedServer.HeldPath);
            Assert.Equal(TerminatedServer.Begun, await process.StandardOutput.ReadLineAsync(Deadline));
        }

        // By the shell's own command, which needs no package.
        (await ForeignTool.RunAsync("sh", "dash", ["-c", $"kill -TERM {process.Id}"], Deadline)).AssertSucceeded();

        var expected = Pattern.Bytes(TerminatedServer.AnswerLength);
        foreach (var client in busy)
        {
            Assert.True((await client.ReadReplyAsync()).Body.AsSpan().SequenceEqual(expected));
        }

        foreach (var client in busy.Concat(idle))
        {
            var end = await client.ReadToEndAsync();
            Assert.Empty(end.Bytes);
            Assert.False(end.WasReset);
            client.Dispose();
        }

        await process.WaitForExitAsync(Deadline);
        Assert.True(process.ExitCode == 0, $"Exit code {process.ExitCode}.\n{await errors}");
    }

    public sealed class OnSockets() : Terminations(Engine.Sockets);

    public sealed class OnRio() : Terminations(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : Terminations(Engine.RioInline);

    public sealed class OnRioAdaptive() : Terminations(Engine.RioAdaptive);
}
