namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: a provider that has never run on the system that it is for says so.</summary>
public sealed class ExperimentalNotice() : FunctionalTest(Engine.RioOnThreadPool)
{
    [Fact]
    public async Task Start_on_Windows_alone_reports_once_that_it_is_experimental()
    {
        var host = await StartAsync(new HostSetup());

        await host.StopAsync(Deadline).InTimeAsync();

        var notices = host.Logs.OfTransport.Count(static entry => entry.Event.Name is "Experimental");
        Assert.Equal(OperatingSystem.IsWindows() ? 1 : 0, notices);
    }
}
