using Kestrel.Transport.Rio.FunctionalTests.Native;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Handlers in uninterruptible sleep. Not with Inline, where any handler that waits holds up its poller.</summary>
public abstract class UninterruptibleHandlers(Engine engine) : FunctionalTest(engine)
{
    private const int Connections = 8;

    /// <summary>Linux runs task work that io_uring has for a thread when that thread wakes, and so not before the end of this sleep.</summary>
    [Fact]
    public async Task Handler_in_uninterruptible_sleep_holds_up_no_other_connection()
    {
        using var sleep = new UninterruptibleSleep();
        var signal = new Signal();
        var host = await StartAsync(new HostSetup
        {
            App = async context =>
            {
                if (context.Request.Path == "/sleep")
                {
                    sleep.Sleep();
                }
                else if (context.Request.Path == "/signalled")
                {
                    await signal.WaitAsync(Deadline);
                }

                await TestApp.HandleAsync(context);
            },
        });
        var others = await host.ConnectServedAsync(Connections, Deadline);
        using var sleeper = await host.ConnectAsync(Deadline);
        await sleeper.GetAsync("/sleep");
        await Wait.UntilAsync(() => sleep.HasSleeper, Deadline);

        foreach (var other in others)
        {
            await other.GetAsync("/text/x");
            Assert.Equal("x", (await other.ReadReplyAsync()).Text);
            await host.AssertServesAsync(Deadline);
            await other.GetAsync("/signalled");
        }

        // What another thread has for the poller arrives, too.
        signal.Set();
        foreach (var other in others)
        {
            Assert.Equal(StatusCodes.Status200OK, (await other.ReadReplyAsync()).Status);
            other.Dispose();
        }

        Assert.True(sleep.HasSleeper, "The sleep was over before the requests were.");
        sleep.End();
        Assert.Equal(StatusCodes.Status200OK, (await sleeper.ReadReplyAsync()).Status);
    }

    public sealed class OnSockets() : UninterruptibleHandlers(Engine.Sockets);

    public sealed class OnRio() : UninterruptibleHandlers(Engine.RioOnThreadPool);

    public sealed class OnRioAdaptive() : UninterruptibleHandlers(Engine.RioAdaptive);
}
