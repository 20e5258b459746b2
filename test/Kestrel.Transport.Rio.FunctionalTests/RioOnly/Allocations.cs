namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: once a connection is warm, what comes in and goes out makes no garbage.</summary>
public sealed class Allocations() : FunctionalTest(Engine.RioInline)
{
    private const int WarmUp = 1000;
    private const int Measured = 2000;

    [Fact]
    public async Task An_echo_allocates_nothing_on_the_poller()
    {
        EchoLoop? echo = null;
        var setup = new HostSetup().Raw(connection => (echo = new EchoLoop(connection.Transport, WarmUp, Measured)).RunAsync());
        var host = Keep(TestHost.Build(setup, builder => builder.WebHost.UseRio(options =>
        {
            options.Fallback = UnavailableBehavior.Throw;
            options.ApplicationScheduling = ApplicationScheduling.Inline;
            options.PollerCount = 1;
        })));
        await host.StartAsync(Deadline);
        using var client = await host.ConnectAsync(Deadline);
        for (var i = 0; i < WarmUp + Measured; i++)
        {
            await client.SendAsync("x");
            await client.ReadAsync();
        }

        // All of the transport's work runs on the thread of the handler. Less than a byte for each: nothing that is made for every one of them.
        Assert.InRange(await echo!.Allocated.WaitAsync(Deadline), 0, Measured - 1);
    }
}
