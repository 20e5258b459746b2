using Microsoft.Extensions.DependencyInjection;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>
/// Rio only: a log sink that takes no more lines, like a console whose pipe is full. On Sockets it holds up all connections of the queue
/// on which it was met.
/// </summary>
public abstract class BlockedLogs(Engine engine) : FunctionalTest(engine)
{
    [Fact]
    public async Task Connections_are_served_while_the_log_sink_blocks()
    {
        using var gate = new ManualResetEventSlim();
        var blocked = new Signal();
        var log = new HostileLog(() =>
        {
            blocked.Set();
            gate.Wait(Deadline);
        });
        var host = await StartAsync(new HostSetup { Services = services => services.AddSingleton<ILoggerProvider>(log) });
        try
        {
            using var others = await ClientGroup.ConnectAsync(host, Deadline);
            log.Arm();
            using var client = await host.ConnectAsync(Deadline);
            await client.GetAsync("/text/first");
            await client.ReadReplyAsync();
            client.Finish();
            await blocked.WaitAsync(Deadline);

            await others.AssertServedAsync();
            await host.AssertServesAsync(Deadline);
            await others.AssertServedAsync();

            await host.StopAsync(Deadline).InTimeAsync();
        }
        finally
        {
            gate.Set();
        }
    }

    public sealed class OnRio() : BlockedLogs(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : BlockedLogs(Engine.RioInline);

    public sealed class OnRioAdaptive() : BlockedLogs(Engine.RioAdaptive);
}
