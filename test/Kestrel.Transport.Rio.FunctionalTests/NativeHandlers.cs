using Kestrel.Transport.Rio.FunctionalTests.Native;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Handlers that call native code, which is not disturbed by other connections and does not hold up a stop.</summary>
public abstract class NativeHandlers(Engine engine) : FunctionalTest(engine)
{
    private const int Connections = 8;
    private const int MostBySuspensions = 10;

    [Fact]
    public async Task Stop_ends_while_a_handler_is_in_uninterruptible_sleep()
    {
        using var sleep = new UninterruptibleSleep();
        var host = await StartAsync(new HostSetup
        {
            App = context =>
            {
                sleep.Sleep();
                return TestApp.HandleAsync(context);
            },
        });
        host.Logs.Expect(static entry => entry.Event.Name is "NotAllConnectionsAborted" or "NotAllConnectionsClosedGracefully");
        host.Logs.Expect(static entry => entry is { Level: LogLevel.Warning, Event.Name: "StopPostponed" or "UnbindPostponed" or "SlabsAwaited" });
        using var sleeper = await host.ConnectAsync(Deadline);
        await sleeper.GetAsync("/");
        await Wait.UntilAsync(() => sleep.HasSleeper, Deadline);

        using var patience = new CancellationTokenSource();
        await patience.CancelAsync();
        await host.StopAsync(patience.Token).InTimeAsync();

        Assert.True(sleep.HasSleeper, "The sleep was over before the stop was.");
        sleep.End();
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
        var others = await host.ConnectServedAsync(Connections, Deadline);
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

        // The runtime itself suspends threads by a signal, for a collection, on any transport. A ring with pending requests interrupts once
        // for each of the hundreds of others.
        Assert.InRange(interruptions, 0, MostBySuspensions);
        Array.ForEach(others, other => other.Dispose());
    }

    public sealed class OnSockets() : NativeHandlers(Engine.Sockets);

    public sealed class OnRio() : NativeHandlers(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : NativeHandlers(Engine.RioInline);

    public sealed class OnRioAdaptive() : NativeHandlers(Engine.RioAdaptive);
}
