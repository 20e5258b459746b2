namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// A process without free descriptors cannot accept. What it must do is wait until it can. The shortage is real and hits the
/// whole process, so it is made in a child: this program again, started with <see cref="DescriptorShortage.Command"/>.
/// </summary>
public abstract class DescriptorShortages(Engine engine) : FunctionalTest(engine)
{
    /// <summary>Enough for the runtime and a host; few enough to be used up quickly.</summary>
    private const int Limit = 400;

    private const int TooFew = 64;

    private const string Warning = "Warning: ";
    private const string NotHere = "not on this machine: prlimit, which is Linux's, sets the limit of descriptors.";

    private static readonly string s_bind = $"at {typeof(RioTransportFactory).FullName}.{nameof(RioTransportFactory.BindAsync)}(";

    /// <summary>The runtime needs two descriptors to start a thread, and dies without: none for compiling again.</summary>
    private const string NoCompilerThread = "DOTNET_TieredCompilation=0";

    [Fact]
    public async Task Connections_during_a_shortage_of_descriptors_are_served_afterwards()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), NotHere);

        var child = await RunAsync(Limit);

        child.AssertSucceeded();
        Assert.Contains(DescriptorShortage.Bound, child.Text, StringComparison.Ordinal);
        Assert.Contains(DescriptorShortage.Served, child.Text, StringComparison.Ordinal);

        // Rio says so, in the words of docs/troubleshooting.md; Sockets says nothing.
        var warnings = child.Text.Split('\n').Where(static line => line.StartsWith(Warning, StringComparison.Ordinal)).ToList();
        Assert.Equal(Engine is RioEngine, warnings.Count > 0);
        Assert.All(warnings, static warning => TroubleshootingPage.AssertHas(warning[Warning.Length..]));
    }

    /// <summary>
    /// So it is not for the transport to say anything. What the runtime says depends on what it opens next, and that on how
    /// many descriptors the parent left open: no words of it are compared.
    /// </summary>
    [Fact]
    public async Task With_64_descriptors_the_runtime_ends_the_process_before_the_transport_is_asked()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), NotHere);

        var child = await RunAsync(TooFew);

        Assert.NotEqual(0, child.ExitCode);
        Assert.NotEmpty(child.Errors);
        Assert.DoesNotContain(DescriptorShortage.Bound, child.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(s_bind, child.Errors, StringComparison.Ordinal);
    }

    private Task<ToolResult> RunAsync(int limit) => ForeignTool.RunAsync(
        "prlimit",
        "util-linux",
        [$"--nofile={limit}", "env", NoCompilerThread, Program.FilePath, DescriptorShortage.Command, Engine.Name],
        Deadline);

    public sealed class OnSockets() : DescriptorShortages(Engine.Sockets);

    public sealed class OnRio() : DescriptorShortages(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : DescriptorShortages(Engine.RioInline);

    public sealed class OnRioAdaptive() : DescriptorShortages(Engine.RioAdaptive);
}
