using System.Diagnostics;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// Handlers that compute for long, as many as there are processors. With <see cref="ApplicationScheduling.Inline"/> they keep the
/// pollers themselves, so there is nothing to test.
/// </summary>
public abstract class ComputingHandlers(Engine engine) : FunctionalTest(engine)
{
    private const int WarmUps = 6;
    private static readonly TimeSpan s_long = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _end = new();
    private int _endless;

    [Fact]
    public async Task Request_that_computes_is_served_beside_endless_ones()
    {
        var host = await StartAsync(new HostSetup { App = ComputeAsync });
        host.Logs.Expect(static entry => entry.Event.Name is "HeartbeatSlow" or "FellBackToPool");
        var clients = await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount + 1).Select(_ => host.ConnectAsync(Deadline)));
        try
        {
            // So that each is known to compute.
            for (var i = 0; i < WarmUps; i++)
            {
                foreach (var client in clients)
                {
                    await AssertServedAsync(client, "/");
                }
            }

            foreach (var client in clients[1..])
            {
                var before = Volatile.Read(ref _endless);
                await client.GetAsync("/endless");
                await Wait.UntilAsync(() => Volatile.Read(ref _endless) > before, Deadline);
            }

            await AssertServedAsync(clients[0], "/");
        }
        finally
        {
            await _end.CancelAsync();
        }

        foreach (var client in clients)
        {
            client.Dispose();
        }
    }

    private static async Task AssertServedAsync(RawClient client, string path)
    {
        await client.GetAsync(path);
        Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
    }

    private async Task ComputeAsync(HttpContext context)
    {
        var isEndless = context.Request.Path == "/endless";
        if (isEndless)
        {
            Interlocked.Increment(ref _endless);
        }

        var start = Stopwatch.GetTimestamp();
        while (!_end.IsCancellationRequested && !Deadline.IsCancellationRequested && (isEndless || Stopwatch.GetElapsedTime(start) < s_long))
        {
            Thread.SpinWait(100);
        }

        await TestApp.HandleAsync(context);
    }

    public sealed class OnSockets() : ComputingHandlers(Engine.Sockets);

    public sealed class OnRio() : ComputingHandlers(Engine.RioOnThreadPool);

    public sealed class OnRioAdaptive() : ComputingHandlers(Engine.RioAdaptive);
}
