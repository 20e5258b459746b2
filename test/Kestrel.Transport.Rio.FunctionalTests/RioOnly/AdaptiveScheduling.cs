using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: with one poller, whatever a handler does on its thread, the other connections are served.</summary>
public sealed class AdaptiveScheduling() : FunctionalTest(Engine.RioAdaptive)
{
    private const int HandedOver = 113;
    private const string WhereAmI = "/where";

    private int _blocked;
    private int _blockedOnPool;

    [Fact]
    public async Task A_handler_that_blocks_holds_up_nobody()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(context => context.Request.Path == "/block" ? Block(context, gate) : Hello(context));
        using var blocked = await ConnectToPollerAsync(host);
        await blocked.GetAsync("/block");

        for (var i = 0; i < 20; i++)
        {
            await host.AssertServesAsync(Deadline, "hello");
        }

        gate.Set();
        Assert.Equal("hello", (await blocked.ReadReplyAsync()).Text);
        Assert.True(host.Logs.HasTransportEvent(HandedOver));
    }

    [Fact]
    public async Task A_handler_that_computes_holds_up_nobody()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(context =>
        {
            if (context.Request.Path == "/spin")
            {
                SpinWait.SpinUntil(() => gate.IsSet);
            }

            return Hello(context);
        });
        using var spinning = await ConnectToPollerAsync(host);
        await spinning.GetAsync("/spin");

        await host.AssertServesAsync(Deadline, "hello");

        gate.Set();
        Assert.Equal("hello", (await spinning.ReadReplyAsync()).Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task A_handler_may_wait_for_its_own_server(int atOnce)
    {
        TestHost host = null!;
        host = await StartWithOnePollerAsync(context =>
        {
            if (context.Request.Path == "/self")
            {
#pragma warning disable xUnit1031, VSTHRD002 // The blocking wait is what is tested.
                var answer = host.Http.GetStringAsync(new Uri("other", UriKind.Relative), Deadline).GetAwaiter().GetResult();
#pragma warning restore xUnit1031, VSTHRD002
                Assert.Equal("hello", answer);
            }

            return Hello(context);
        });

        host.Logs.Expect(entry => atOnce > 1 && entry.Event.Name == "FellBackToPool");
        var clients = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => ConnectToPollerAsync(host)));
        await Task.WhenAll(clients.Select(client => client.GetAsync("/self")));

        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
            }
        }

        Assert.True(host.Logs.HasTransportEvent(HandedOver));
    }

    [Fact]
    public async Task What_a_handler_has_flushed_is_sent_while_it_blocks()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(async context =>
        {
            context.Response.ContentLength = 10;
            await context.Response.WriteAsync("first", Deadline);
            await context.Response.Body.FlushAsync(Deadline);
            gate.Wait(Deadline);
            await context.Response.WriteAsync("after", Deadline);
        });
        using var client = await ConnectToPollerAsync(host);
        await client.GetAsync("/");

        var seen = "";
        while (!seen.EndsWith("first", StringComparison.Ordinal))
        {
            seen += Encoding.ASCII.GetString((await client.ReadAsync()).Span);
        }

        gate.Set();
        Assert.Equal("after", Encoding.ASCII.GetString((await client.ReadAsync()).Span));
    }

    [Fact]
    public async Task A_connection_that_has_computed_for_long_is_served_on_the_thread_pool()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(context =>
        {
            while (context.Request.Path == "/compute" && !gate.IsSet)
            {
                Thread.SpinWait(100);
            }

            return Where(context);
        });
        using var client = await ConnectToPollerAsync(host);
        await client.GetAsync("/compute");
        await HandedOverLongAgoAsync(host);
        gate.Set();
        Assert.Equal("poller", (await client.ReadReplyAsync()).Text);

        // In the second after it.
        await client.GetAsync(WhereAmI);

        Assert.Equal("pool", (await client.ReadReplyAsync()).Text);
    }

    [Fact]
    public async Task A_connection_that_has_waited_is_served_by_a_thread_that_nobody_else_needs()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(context => context.Request.Path == "/block" ? Block(context, gate) : Where(context));
        using var figures = new HostFigures(host.Services);
        using var client = await ConnectToPollerAsync(host);
        await BlockForLongAsync(host, client, gate);
        var aside = figures.Read("rio.work.aside");

        // Windows does not tell waiting from computing. Elsewhere the first may come before there is a thread to spare.
        string where;
        do
        {
            await client.GetAsync(WhereAmI);
            where = (await client.ReadReplyAsync()).Text;
        }
        while (!OperatingSystem.IsWindows() && where == "pool");

        Assert.Equal(OperatingSystem.IsWindows() ? "pool" : "poller", where);
        Assert.Equal(!OperatingSystem.IsWindows(), figures.Read("rio.work.aside") > aside);
    }

    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public async Task A_first_request_that_was_there_before_it_was_read_is_served_on_the_poller(ApplicationScheduling scheduling)
    {
        var setup = new HostSetup { App = Where }.Listen(IPAddress.Loopback, listenOptions => listenOptions.Use(next => async connection =>
        {
            // Kestrel begins connections on the thread pool, as this does; the bytes may be faster.
            ReadResult read;
            while (!connection.Transport.Input.TryRead(out read))
            {
                await Task.Yield();
            }

            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            await next(connection);
        }));
        var host = await StartAsync(setup, options => options.ApplicationScheduling = scheduling);

        (await ConnectToPollerAsync(host)).Dispose();
    }

    [Fact]
    public async Task Handlers_that_sleep_by_the_dozen_keep_no_new_connection_waiting()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(context => context.Request.Path == "/block" ? Block(context, gate) : Hello(context));
        host.Logs.Expect(static entry => entry.Event.Name == "FellBackToPool");
        var clients = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => host.ConnectAsync(Deadline)));
        await Task.WhenAll(clients.Select(client => client.GetAsync("/block")));
        await Wait.UntilAsync(() => Volatile.Read(ref _blocked) == clients.Length, Deadline);

        using (var another = await ConnectToPollerAsync(host))
        {
            await another.GetAsync("/");
            Assert.Equal("hello", (await another.ReadReplyAsync()).Text);
        }

        // None of them has taken a thread of the pool's.
        Assert.Equal(0, Volatile.Read(ref _blockedOnPool));
        gate.Set();
        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
            }
        }
    }

    [Fact]
    public async Task More_blocked_handlers_than_threads_hold_up_nobody_and_are_warned_of_once()
    {
        const int Threads = 3;
        const int Blocked = 8;
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(
            context => context.Request.Path == "/block" ? Block(context, gate) : Hello(context),
            options => options.MaxPollerThreads = Threads);
        host.Logs.Expect(entry => entry.Event.Name == "FellBackToPool");
        var clients = await Task.WhenAll(Enumerable.Range(0, Blocked).Select(_ => ConnectToPollerAsync(host)));
        await Task.WhenAll(clients.Select(client => client.GetAsync("/block")));

        await host.AssertServesAsync(Deadline, "hello");

        // A hand-over more than there are threads is one whose thread came back: the system gave it no time meanwhile.
        using var figures = new HostFigures(host.Services);
        Assert.InRange(figures.Read("rio.poller.threads"), 1, Threads);
        gate.Set();
        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
            }
        }

        Assert.Single(host.Logs.OfTransport, entry => entry.Event.Name == "FellBackToPool" && entry.Level == LogLevel.Warning);
        Assert.True(host.Logs.HasTransportEvent(HandedOver));
    }

    [Fact]
    public async Task The_meter_tells_what_ran_where_and_who_took_over()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(context => context.Request.Path == "/block" ? Block(context, gate) : Hello(context));
        using var figures = new HostFigures(host.Services);
        using var client = await ConnectToPollerAsync(host);
        Assert.InRange(figures.Read("rio.work.inline"), 1, long.MaxValue);

        var elsewhere = figures.Read("rio.work.pooled") + figures.Read("rio.work.aside");
        await BlockForLongAsync(host, client, gate);
        Assert.InRange(figures.Read("rio.poller.handovers"), 1, long.MaxValue);
        Assert.InRange(figures.Records("rio.poller.handover.duration"), 1, int.MaxValue);
        await client.GetAsync("/");
        Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
        await Wait.UntilAsync(() => figures.Read("rio.work.pooled") + figures.Read("rio.work.aside") > elsewhere, Deadline);
    }

    [Fact]
    public async Task A_stream_that_never_ends_holds_up_nobody()
    {
        var host = await StartWithOnePollerAsync(async context =>
        {
            if (context.Request.Path != "/stream")
            {
                await Hello(context);
                return;
            }

            var piece = new byte[1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece, Deadline);
                await context.Response.Body.FlushAsync(Deadline);
            }
        });
        using var stream = await host.ConnectAsync(Deadline);
        await stream.GetAsync("/stream");
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(Deadline);
        var reading = Task.Run(
            async () =>
            {
                while (!stopReading.IsCancellationRequested)
                {
                    await stream.ReadAsync();
                }
            },
            Deadline);

        for (var i = 0; i < 20; i++)
        {
            await host.AssertServesAsync(Deadline, "hello");
        }

        await stopReading.CancelAsync();
        await reading;
    }

    [Fact]
    public async Task What_one_handler_leaves_on_its_thread_the_next_does_not_find()
    {
        var local = new AsyncLocal<string?>();
        var found = new ConcurrentQueue<string>();
        var host = await StartRawWithOnePollerAsync(async connection =>
        {
            // The first read completes before there is anything to wait for; after it, the thread is whoever's runs this.
            while (await connection.Transport.Input.ReadAsync(Deadline) is { IsCompleted: false } read)
            {
                found.Enqueue($"{local.Value}|{CultureInfo.CurrentCulture.Name}|{SynchronizationContext.Current}|{Activity.Current?.OperationName}");
                local.Value = "left";
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
                using var activity = new Activity("left").Start();
#pragma warning disable VSTHRD001, MA0045 // It is left behind on purpose.
                SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
#pragma warning restore VSTHRD001, MA0045
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                await connection.Transport.Output.WriteAsync("x"u8.ToArray(), Deadline).ConfigureAwait(false);
                return;
            }
        });

        var expected = $"|{CultureInfo.CurrentCulture.Name}||";
        for (var i = 0; i < 10; i++)
        {
            using var client = await host.ConnectAsync(Deadline);
            await client.SendAsync("x");
            await client.ReadAsync();
        }

        Assert.Equal(10, found.Count);
        Assert.All(found, each => Assert.Equal(expected, each));
    }

    [Fact]
    public async Task Pipelined_requests_do_not_pile_up_on_the_stack()
    {
        const int Requests = 2000;
        var deepest = 0;
        var host = await StartWithOnePollerAsync(context =>
        {
            deepest = Math.Max(deepest, new StackTrace().FrameCount);
            return Hello(context);
        });
        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync(string.Concat(Enumerable.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", Requests)));
        for (var i = 0; i < Requests; i++)
        {
            Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
        }

        Assert.InRange(deepest, 1, 100);
    }

    /// <summary>A connection that has been served on the poller.</summary>
    private async Task<RawClient> ConnectToPollerAsync(TestHost host)
    {
        var client = await host.ConnectAsync(Deadline);
        await client.GetAsync(WhereAmI);
        Assert.Equal("poller", (await client.ReadReplyAsync()).Text);
        return client;
    }

    /// <summary>Has the connection's handler wait, and then answer.</summary>
    private async Task BlockForLongAsync(TestHost host, RawClient client, ManualResetEventSlim gate)
    {
        await client.GetAsync("/block");
        await HandedOverLongAgoAsync(host);
        gate.Set();
        Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
    }

    /// <summary>Longer ago than what might have been a thread that the system gave no time.</summary>
    private async Task HandedOverLongAgoAsync(TestHost host)
    {
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(HandedOver), Deadline);
        var start = Stopwatch.GetTimestamp();
        await Wait.UntilAsync(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(100), Deadline);
    }

    private Task<TestHost> StartWithOnePollerAsync(RequestDelegate app, Action<RioTransportOptions>? configure = null)
        => StartAsync(new HostSetup { App = context => context.Request.Path == WhereAmI ? Where(context) : app(context) }, configure);

    private Task<TestHost> StartRawWithOnePollerAsync(Func<ConnectionContext, Task> handler)
        => StartAsync(new HostSetup().Raw(handler), configure: null);

    private async Task<TestHost> StartAsync(HostSetup setup, Action<RioTransportOptions>? configure)
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

    private Task Block(HttpContext context, ManualResetEventSlim gate)
    {
        Interlocked.Increment(ref _blocked);
        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            Interlocked.Increment(ref _blockedOnPool);
        }

        gate.Wait(Deadline);
        return Hello(context);
    }

    private static Task Where(HttpContext context)
    {
        var where = Thread.CurrentThread.IsThreadPoolThread ? "pool" : "poller";
        context.Response.ContentLength = where.Length;
        return context.Response.WriteAsync(where);
    }

    private Task Hello(HttpContext context)
    {
        context.Response.ContentLength = "hello".Length;
        return context.Response.WriteAsync("hello", Deadline);
    }
}
