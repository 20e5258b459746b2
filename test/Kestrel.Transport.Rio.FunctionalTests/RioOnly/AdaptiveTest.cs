using System.Diagnostics;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Hosts with <see cref="ApplicationScheduling.Adaptive"/> and one poller, and handlers that keep it.</summary>
public abstract class AdaptiveTest() : FunctionalTest(Engine.RioAdaptive)
{
    private protected const string HandOvers = "rio.poller.handovers";
    private protected const string WhereAmI = "/where";

    private int _blocked;
    private int _blockedOnPool;

    private protected int BlockedSoFar => Volatile.Read(ref _blocked);

    private protected int BlockedOnPool => Volatile.Read(ref _blockedOnPool);

    /// <summary>A connection that has been served on the poller.</summary>
    private protected async Task<RawClient> ConnectToPollerAsync(TestHost host)
    {
        var client = await host.ConnectAsync(Deadline);
        await client.GetAsync(WhereAmI);
        Assert.Equal("poller", (await client.ReadReplyAsync()).Text);
        return client;
    }

    /// <summary>Has the connection's handler wait, and then answer.</summary>
    private protected async Task BlockForTooLongAsync(RawClient client, ManualResetEventSlim gate)
    {
        gate.Reset();
        var before = BlockedSoFar;
        await client.GetAsync("/block");
        await Wait.UntilAsync(() => BlockedSoFar > before, Deadline);
        await TooLongAsync();
        gate.Set();
        Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
    }

    /// <summary>For longer than what is forgiven: 20 looks, of a tick of Windows' timer each; if the machine lets the watch look.</summary>
    private protected Task TooLongAsync()
    {
        var start = Stopwatch.GetTimestamp();
        return Wait.UntilAsync(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(400), Deadline);
    }

    private protected async Task<TestHost> StartWithOnePollerAsync(RequestDelegate app, Action<RioTransportOptions>? configure = null)
    {
        var host = await StartAsync(new HostSetup { App = context => context.Request.Path == WhereAmI ? Where(context) : app(context) }, configure);

        // The first request of a process is compiled, and that may be slow.
        using var client = await host.ConnectAsync(Deadline);
        await client.GetAsync(WhereAmI);
        await client.ReadReplyAsync();
        return host;
    }

    private protected Task<TestHost> StartRawWithOnePollerAsync(Func<ConnectionContext, Task> handler)
        => StartAsync(new HostSetup().Raw(handler), configure: null);

    private protected async Task<TestHost> StartAsync(HostSetup setup, Action<RioTransportOptions>? configure)
    {
        var host = Keep(TestHost.Build(setup, builder => builder.WebHost.UseRio(options =>
        {
            options.Fallback = UnavailableBehavior.Throw;
            options.ApplicationScheduling = ApplicationScheduling.Adaptive;
            options.PollerCount = 1;
            configure?.Invoke(options);
        })));
        await host.StartAsync(Deadline);
        return host;
    }

    private protected Task Block(HttpContext context, ManualResetEventSlim gate)
    {
        Interlocked.Increment(ref _blocked);
        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            Interlocked.Increment(ref _blockedOnPool);
        }

        gate.Wait(Deadline);
        return Hello(context);
    }

    private protected static Task Where(HttpContext context)
    {
        var where = Thread.CurrentThread.IsThreadPoolThread ? "pool" : "poller";
        context.Response.ContentLength = where.Length;
        return context.Response.WriteAsync(where);
    }

    private protected Task Hello(HttpContext context)
    {
        context.Response.ContentLength = "hello".Length;
        return context.Response.WriteAsync("hello", Deadline);
    }
}
