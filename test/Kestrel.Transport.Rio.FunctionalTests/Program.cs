using System.Globalization;
using Xunit.Runner.InProc.SystemConsole;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>The tests; or, when a test starts this program again, the child process that it asks for.</summary>
public static class Program
{
    /// <summary>The test platform may have started it in another way, so not the path of the process.</summary>
    public static string FilePath => Path.Combine(AppContext.BaseDirectory, Name);

    public static string Name => typeof(Program).Assembly.GetName().Name!;

    public static async Task<int> Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        switch (args)
        {
            case [DescriptorShortage.Command, var engine]:
                await DescriptorShortage.RunAsync(Engine.Named(engine));
                return 0;
            case [DescriptorShortage.StartCommand, var fallback]:
                await DescriptorShortage.StartWithoutAnyAsync(Enum.Parse<UnavailableBehavior>(fallback));
                return 0;
            case [FloodedServer.Command, var engine]:
                await FloodedServer.RunAsync(Engine.Named(engine));
                return 0;
            case [BrokenPipeServer.Command, var engine]:
                await BrokenPipeServer.RunAsync(Engine.Named(engine));
                return 0;
            case [TerminatedServer.Command, var engine]:
                await TerminatedServer.RunAsync(Engine.Named(engine));
                return 0;
            case [RestrictedMachine.Command, var errno, var fallback]:
                await RestrictedMachine.RunAsync(errno, Enum.Parse<UnavailableBehavior>(fallback));
                return 0;
            case [RestrictedMachine.Command, var errno, var fallback, var call]:
                await RestrictedMachine.RunAsync(errno, Enum.Parse<UnavailableBehavior>(fallback), int.Parse(call, CultureInfo.InvariantCulture));
                return 0;
            default:
                return await ConsoleRunner.Run(args);
        }
    }
}
