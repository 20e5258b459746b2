namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: once a connection is warm, what comes in and goes out makes no garbage.</summary>
public sealed class Allocations() : FunctionalTest(Engine.RioInline)
{
    private const int WarmUp = 1000;
    private const int Measured = 2000;

    [Fact]
    public async Task An_echo_allocates_nothing_on_the_poller()
    {
        var allocated = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var setup = new HostSetup().Raw(async connection =>
        {
            var (echoes, thread, before) = (0, 0, 0L);
            while (await connection.Transport.Input.ReadAsync(Deadline) is { IsCompleted: false } read)
            {
                await connection.Transport.Output.WriteAsync(read.Buffer.First, Deadline);
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                switch (++echoes)
                {
                    case WarmUp:
                        (thread, before) = (Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread());
                        break;
                    case WarmUp + Measured:
                        // All of the transport's work runs on this thread, too.
                        Assert.Equal(thread, Environment.CurrentManagedThreadId);
                        allocated.SetResult(GC.GetAllocatedBytesForCurrentThread() - before);
                        break;
                }
            }
        });
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

        // Less than a byte for each: nothing that is made for every one of them.
        Assert.InRange(await allocated.Task.WaitAsync(Deadline), 0, Measured - 1);
    }
}
