using Kestrel.Transport.Rio.FunctionalTests.Native;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>
/// The child process of <see cref="BrokenPipes"/>: serves with the default disposition of SIGPIPE until it is killed. A line says the
/// port, and a line each that a stream has ended.
/// </summary>
public static class BrokenPipeServer
{
    public const string Command = "--serve-with-default-sigpipe";
    public const string StreamPath = "/stream";
    public const string Ended = "ended";

    public static async Task RunAsync(Engine engine)
    {
        var setup = new HostSetup
        {
            App = async context =>
            {
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.WriteAsync("x");
                    await context.Response.Body.FlushAsync();
                    await Task.Yield();
                }

                await Console.Out.WriteLineAsync(Ended);
            },
        };
        await using var host = TestHost.Build(engine, setup);
        using var deadline = new CancellationTokenSource(Wait.Patience);
        await host.StartAsync(deadline.Token);
        LibC.SetDisposition(LibC.BrokenPipeSignal, LibC.DefaultDisposition);
        await Console.Out.WriteLineAsync(FormattableString.Invariant($"{host.Port}"));
        await host.WaitForShutdownAsync();
    }
}
