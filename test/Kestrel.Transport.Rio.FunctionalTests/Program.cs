using System.Globalization;
using Xunit.Runner.InProc.SystemConsole;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>The tests; or, when a test starts this program again, the child process that it asks for.</summary>
public static class Program
{
    /// <summary>To start it again. The test platform may have started it in another way, so not the path of the process.</summary>
    public static string FilePath => Path.Combine(
        AppContext.BaseDirectory, typeof(Program).Assembly.GetName().Name + (OperatingSystem.IsWindows() ? ".exe" : ""));

    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case [DescriptorShortage.Command, var engine]:
                await DescriptorShortage.RunAsync(Engine.Named(engine));
                return 0;
            case [WithoutIoUring.Command, var behavior, var errno]:
                await WithoutIoUring.RunAsync(
                    Enum.Parse<UnavailableBehavior>(behavior), int.Parse(errno, CultureInfo.InvariantCulture));
                return 0;
            default:
                return await ConsoleRunner.Run(args);
        }
    }
}
