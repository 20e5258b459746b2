using Xunit.Runner.InProc.SystemConsole;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>The tests; or, when a test starts this program again, the child process that it asks for.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return args switch
        {
            [DescriptorShortage.Command, var engine] => await DescriptorShortage.RunAsync(Engine.Named(engine)),
            [RestrictedMachine.Command, var errno, var fallback] =>
                await RestrictedMachine.RunAsync(errno, Enum.Parse<UnavailableBehavior>(fallback)),
            _ => await ConsoleRunner.Run(args),
        };
    }
}
