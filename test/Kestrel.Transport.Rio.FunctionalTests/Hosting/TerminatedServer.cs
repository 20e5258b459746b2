using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>
/// The child process of <see cref="Terminations"/>: serves as a program does, until it is sent SIGTERM. What it is asked for at
/// <see cref="HeldPath"/> it begins to answer only then. A line says the port, and a line each that such a request has begun.
/// </summary>
public static class TerminatedServer
{
    public const string Command = "--serve-until-terminated";
    public const string HeldPath = "/held";
    public const string Begun = "begun";
    public const int AnswerLength = 1_000_000;

    public static async Task RunAsync(Engine engine)
    {
        var stopping = new Signal();
        var setup = new HostSetup
        {
            App = async context =>
            {
                if (context.Request.Path == HeldPath)
                {
                    await Console.Out.WriteLineAsync(Begun);
                    await stopping.WaitAsync(context.RequestAborted);
                    context.Response.ContentLength = AnswerLength;
                    await Pattern.WriteAsync(context.Response.BodyWriter, AnswerLength, context.RequestAborted);
                }
            },
        };
        await using var host = TestHost.Build(engine, setup);
        using var deadline = new CancellationTokenSource(Wait.Patience);
        await host.StartAsync(deadline.Token);
        await using var registration = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.Set);
        await Console.Out.WriteLineAsync(FormattableString.Invariant($"{host.Port}"));
        await host.WaitForShutdownAsync();
        host.Logs.AssertQuiet();
    }
}
