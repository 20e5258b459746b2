using Kestrel.Transport.Rio.FunctionalTests.Native;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Handlers that call native code: what it does to the thread concerns no other connection, and what others do not it.</summary>
public abstract class NativeHandlers(Engine engine) : FunctionalTest(engine)
{
    private const int Connections = 8;

    /// <summary>Linux runs task work that io_uring has for a thread when that thread wakes, and so not before the end of this sleep.</summary>
    [Fact]
    public async Task Handler_in_uninterruptible_sleep_holds_up_no_other_connection()
    {
        Assert.SkipWhen(Engine == Engine.RioInline, "not on this machine: with Inline a handler that waits holds up its poller, on any machine.");
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
        var others = await ConnectAsync(host);
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

    [Fact]
    public async Task Native_receive_in_a_handler_is_not_interrupted()
    {
        using var pair = new TimedSocketPair();
        var receiving = new Signal();
        var interruptions = -1;
        var host = await StartAsync(new HostSetup
        {
            App = context =>
            {
                if (context.Request.Path == "/receive")
                {
                    receiving.Set();
                    interruptions = pair.CountInterruptions();
                }

                return TestApp.HandleAsync(context);
            },
        });
        var others = await ConnectAsync(host);
        using var receiver = await host.ConnectAsync(Deadline);
        await receiver.GetAsync("/receive");
        await receiving.WaitAsync(Deadline);

        // With Inline those of one poller are answered when the handler has returned.
        foreach (var _ in Enumerable.Range(0, 50))
        {
            foreach (var other in others)
            {
                await other.GetAsync("/text/x");
            }
        }

        pair.Send();
        foreach (var _ in Enumerable.Range(0, 50))
        {
            foreach (var other in others)
            {
                Assert.Equal("x", (await other.ReadReplyAsync()).Text);
            }
        }

        Assert.Equal(StatusCodes.Status200OK, (await receiver.ReadReplyAsync()).Status);
        Assert.Equal(0, interruptions);
        Array.ForEach(others, other => other.Dispose());
    }

    private async Task<RawClient[]> ConnectAsync(TestHost host)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => host.ConnectAsync(Deadline)));
        foreach (var client in clients)
        {
            await client.GetAsync("/text/x");
            Assert.Equal("x", (await client.ReadReplyAsync()).Text);
        }

        return clients;
    }

    public sealed class OnSockets() : NativeHandlers(Engine.Sockets);

    public sealed class OnRio() : NativeHandlers(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : NativeHandlers(Engine.RioInline);

    public sealed class OnRioAdaptive() : NativeHandlers(Engine.RioAdaptive);
}
