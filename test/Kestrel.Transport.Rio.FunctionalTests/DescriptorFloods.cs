using System.Diagnostics;
using System.Globalization;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// More connections that never speak than the server may have descriptors. Whoever was connected before goes on being answered,
/// and whoever comes later waits until some of them go. A real process with a real limit: this program again.
/// </summary>
public abstract class DescriptorFloods(Engine engine) : FunctionalTest(engine)
{
    /// <summary>Enough for the runtime and a host, and many connections.</summary>
    private const int Limit = 400;

    /// <summary>More than the limit; with <see cref="Late"/> fewer than the backlog, so that all of them can connect.</summary>
    private const int Silent = 450;

    private const int Good = 8;
    private const int Late = 8;
    private const int AnswersDuringFlood = 50;

    /// <summary>What Rio leaves to the runtime, for threads.</summary>
    private const int Reserve = 16;

    private readonly long[] _answers = new long[Good];
    private readonly Signal _floodIsOver = new();

    private int Held => Engine is RioEngine ? Limit - Reserve : Limit;

    protected override TimeSpan TimeLimit => 3 * Wait.Patience;

    [Fact]
    public async Task Flood_of_silent_connections_leaves_earlier_and_later_ones_served()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: prlimit, which is Linux's, sets the limit of descriptors.");

        // The runtime needs two descriptors to start a thread, and dies without. Rio leaves it some. On Sockets there must be no thread for
        // compiling again, for collecting, or for a debugger.
        string[] arguments =
        [
            $"--nofile={Limit}", "env",
            .. Engine == Engine.Sockets ? (string[])["DOTNET_TieredCompilation=0", "DOTNET_gcConcurrent=0", "DOTNET_EnableDiagnostics=0"] : [],
            Program.FilePath, FloodedServer.Command, Engine.Name,
        ];
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("prlimit", arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        try
        {
            await FloodAsync(process);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private async Task FloodAsync(Process process)
    {
        var errors = process.StandardError.ReadToEndAsync(Deadline);
        var server = new IPEndPoint(
            IPAddress.Loopback, int.Parse((await process.StandardOutput.ReadLineAsync(Deadline))!, CultureInfo.InvariantCulture));
        var good = new List<Task>();
        for (var i = 0; i < Good; i++)
        {
            good.Add(AskUntilOverAsync(await RawClient.ConnectAsync(server, Deadline), i));
        }

        await AnswersAsync(1, good);
        var silent = new List<RawClient>();
        for (var i = 0; i < Silent; i++)
        {
            silent.Add(await RawClient.ConnectAsync(server, Deadline));
        }

        await Wait.UntilAsync(() => Descriptors(process) >= Held, Deadline);
        var late = new List<RawClient>();
        for (var i = 0; i < Late; i++)
        {
            late.Add(await RawClient.ConnectAsync(server, Deadline));
            await late[i].GetAsync("/text/late");
        }

        await AnswersAsync(AnswersDuringFlood, good);
        Assert.InRange(Descriptors(process), Held, Limit);
        Assert.All(late, static client => Assert.Equal(0, client.Socket.Available));

        silent.ForEach(static client => client.Dispose());
        foreach (var client in late)
        {
            Assert.Equal("late", (await client.ReadReplyAsync()).Text);
            client.Dispose();
        }

        _floodIsOver.Set();
        await Task.WhenAll(good);
        using (var last = await RawClient.ConnectAsync(server, Deadline))
        {
            await last.GetAsync("/text/last");
            Assert.Equal("last", (await last.ReadReplyAsync()).Text);
        }

        process.StandardInput.Close();
        AssertSaid(await process.StandardOutput.ReadToEndAsync(Deadline));
        await process.WaitForExitAsync(Deadline);
        Assert.True(process.ExitCode == 0, $"Exit code {process.ExitCode}.\n{await errors}");
    }

    /// <summary>One connection, which is asked again and again.</summary>
    private async Task AskUntilOverAsync(RawClient client, int index)
    {
        using (client)
        {
            while (!_floodIsOver.IsSet)
            {
                await client.GetAsync("/text/good");
                Assert.Equal("good", (await client.ReadReplyAsync()).Text);
                Interlocked.Increment(ref _answers[index]);
            }
        }
    }

    /// <summary>Until each has so many answers more than now, or one has failed.</summary>
    private async Task AnswersAsync(int count, List<Task> good)
    {
        var before = Enumerable.Range(0, Good).Select(i => Interlocked.Read(ref _answers[i])).ToList();
        await Wait.UntilAsync(
            () => good.Exists(static task => task.IsFaulted)
                || Enumerable.Range(0, Good).All(i => Interlocked.Read(ref _answers[i]) >= before[i] + count),
            Deadline);
        await Task.WhenAll(good.Where(static task => task.IsFaulted));
    }

    /// <summary>Rio says that it cannot accept for now, in the words of the page; Sockets says nothing.</summary>
    private void AssertSaid(string said)
    {
        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Engine is RioEngine, lines.Length > 0);
        Assert.All(lines, static line =>
        {
            Assert.StartsWith("Warning: Connections to ", line, StringComparison.Ordinal);
            TroubleshootingPage.AssertHas(line["Warning: ".Length..]);
        });
    }

    private static int Descriptors(Process process) => Directory.EnumerateFileSystemEntries($"/proc/{process.Id}/fd").Count();

    public sealed class OnSockets() : DescriptorFloods(Engine.Sockets);

    public sealed class OnRio() : DescriptorFloods(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : DescriptorFloods(Engine.RioInline);

    public sealed class OnRioAdaptive() : DescriptorFloods(Engine.RioAdaptive);
}
