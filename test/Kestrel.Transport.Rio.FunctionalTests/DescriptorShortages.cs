namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// A process without free descriptors cannot accept. What it must do is wait until it can. The shortage is real and hits the
/// whole process, so it is made in a child: this program again, started with <see cref="DescriptorShortage.Command"/>.
/// </summary>
public abstract class DescriptorShortages(Engine engine) : FunctionalTest(engine)
{
    /// <summary>Enough for the runtime and a host; few enough to be used up quickly.</summary>
    private const int Limit = 400;

    /// <summary>The runtime needs two descriptors to start a thread, and dies without: none for compiling again.</summary>
    private const string NoCompilerThread = "DOTNET_TieredCompilation=0";

    [Fact]
    public async Task Connections_that_come_while_there_are_no_descriptors_are_served_when_there_are_some_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: prlimit, which is Linux's, sets the limit of descriptors.");

        var child = await ForeignTool.RunAsync(
            "prlimit",
            "util-linux",
            [$"--nofile={Limit}", "env", NoCompilerThread, Program.FilePath, DescriptorShortage.Command, Engine.Name],
            Deadline);

        child.AssertSucceeded();
        Assert.Contains(DescriptorShortage.Served, child.Text, StringComparison.Ordinal);
    }

    public sealed class OnSockets() : DescriptorShortages(Engine.Sockets);

    public sealed class OnRio() : DescriptorShortages(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : DescriptorShortages(Engine.RioInline);

    public sealed class OnRioAdaptive() : DescriptorShortages(Engine.RioAdaptive);
}
