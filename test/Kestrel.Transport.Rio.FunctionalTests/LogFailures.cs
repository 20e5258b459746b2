using Microsoft.Extensions.DependencyInjection;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// A log provider that throws costs its lines, and no connection. Not on Sockets: there the exception ends connections, and one that
/// nothing catches ends the test process.
/// </summary>
public abstract class LogFailures(Engine engine) : FunctionalTest(engine)
{
    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public async Task Log_provider_that_throws_ends_no_connection(int times)
    {
        var lines = 0;
        var log = new HostileLog(() =>
        {
            if (Interlocked.Increment(ref lines) <= times)
            {
                throw new InvalidOperationException("asked for");
            }
        });
        var host = await StartAsync(new HostSetup
        {
            Services = services => services.AddSingleton<ILoggerProvider>(log),
            ShutdownTimeout = TimeSpan.FromSeconds(1),
        });

        using var others = await ClientGroup.ConnectAsync(host, Deadline);

        log.Arm();
        using var client = await host.ConnectAsync(Deadline);
        await client.GetAsync("/text/first");
        await client.ReadReplyAsync();
        client.Finish();
        await Wait.UntilAsync(() => Volatile.Read(ref lines) > 0, Deadline);

        await others.AssertServedAsync();
        await host.AssertServesAsync(Deadline);
        await others.AssertServedAsync();
    }

    public sealed class OnRio() : LogFailures(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : LogFailures(Engine.RioInline);

    public sealed class OnRioAdaptive() : LogFailures(Engine.RioAdaptive);
}
