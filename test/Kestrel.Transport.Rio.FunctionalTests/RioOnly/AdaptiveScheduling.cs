using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: with one poller, whatever a handler does on its thread, the other connections are served.</summary>
public sealed class AdaptiveScheduling : AdaptiveTest
{
    [Fact]
    public async Task A_handler_that_blocks_holds_up_nobody()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(context => context.Request.Path == "/block" ? Block(context, gate) : Hello(context));
        using var figures = new HostFigures(host.Services);
        using var blocked = await ConnectToPollerAsync(host);
        var handOvers = figures.Read(HandOvers);
        await blocked.GetAsync("/block");

        for (var i = 0; i < 20; i++)
        {
            await host.AssertServesAsync(Deadline, "hello");
        }

        gate.Set();
        Assert.Equal("hello", (await blocked.ReadReplyAsync()).Text);
        Assert.InRange(figures.Read(HandOvers), handOvers + 1, long.MaxValue);
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
        using var figures = new HostFigures(host.Services);
        var clients = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => ConnectToPollerAsync(host)));
        var handOvers = figures.Read(HandOvers);
        await Task.WhenAll(clients.Select(client => client.GetAsync("/self")));

        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
            }
        }

        Assert.InRange(figures.Read(HandOvers), handOvers + 1, long.MaxValue);
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
    public async Task More_blocked_handlers_than_threads_hold_up_nobody_and_are_warned_of_once()
    {
        const int Threads = 3;
        const int Blocked = 8;
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(
            context => context.Request.Path == "/block" ? Block(context, gate) : Hello(context),
            options => options.MaxPollerThreads = Threads);
        host.Logs.Expect(entry => entry.Event.Name == "FellBackToPool");
        using var figures = new HostFigures(host.Services);
        var clients = await Task.WhenAll(Enumerable.Range(0, Blocked).Select(_ => ConnectToPollerAsync(host)));
        var handOvers = figures.Read(HandOvers);
        await Task.WhenAll(clients.Select(client => client.GetAsync("/block")));

        await host.AssertServesAsync(Deadline, "hello");

        // A hand-over more than there are threads is one whose thread came back: the system gave it no time meanwhile.
        Assert.InRange(figures.Read("rio.poller.threads"), 1, Threads);
        gate.Set();
        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
            }
        }

        await Wait.UntilAsync(() => host.Logs.OfTransport.Any(IsWarning), Deadline);
        Assert.Single(host.Logs.OfTransport, IsWarning);
        Assert.InRange(figures.Read(HandOvers), handOvers + 1, long.MaxValue);

        static bool IsWarning(LogEntry entry) => entry is { Event.Name: "FellBackToPool", Level: LogLevel.Warning };
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
        var handOvers = figures.Read(HandOvers);
        var durations = figures.Records("rio.poller.handover.duration");
        await BlockForTooLongAsync(client, gate);
        Assert.InRange(figures.Read(HandOvers), handOvers + 1, long.MaxValue);
        await Wait.UntilAsync(() => figures.Records("rio.poller.handover.duration") > durations, Deadline);

        // Where the machine is so busy that the watch hardly looks it is forgiven, and waits again.
        do
        {
            await BlockForTooLongAsync(client, gate);
            await client.GetAsync("/");
            Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
        }
        while (figures.Read("rio.work.pooled") + figures.Read("rio.work.aside") == elsewhere && !Deadline.IsCancellationRequested);

        Assert.InRange(figures.Read("rio.work.pooled") + figures.Read("rio.work.aside"), elsewhere + 1, long.MaxValue);
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
}
