using System.IO.Pipelines;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Where the work of a connection runs, after what it has done before.</summary>
public sealed class AdaptivePlaces : AdaptiveTest
{
    [Fact]
    public async Task A_connection_that_has_computed_for_long_is_served_on_the_thread_pool()
    {
        using var gate = new ManualResetEventSlim();
        var computing = 0;
        var host = await StartWithOnePollerAsync(context =>
        {
            if (context.Request.Path == "/compute")
            {
                Interlocked.Increment(ref computing);
                while (!gate.IsSet)
                {
                    Thread.SpinWait(100);
                }
            }

            return Where(context);
        });
        using var client = await ConnectToPollerAsync(host);

        // Where the machine is so busy that the watch hardly looks it is forgiven, and does so again.
        string where;
        do
        {
            gate.Reset();
            var before = Volatile.Read(ref computing);
            await client.GetAsync("/compute");
            await Wait.UntilAsync(() => Volatile.Read(ref computing) > before, Deadline);
            await TooLongAsync();
            gate.Set();
            await client.ReadReplyAsync();
            where = await AskWhereAsync(client);
        }
        while (where == "poller" && !Deadline.IsCancellationRequested);

        Assert.Equal("pool", where);
    }

    [Fact]
    public async Task A_connection_that_has_waited_is_served_by_a_thread_that_nobody_else_needs()
    {
        using var gate = new ManualResetEventSlim();
        var host = await StartWithOnePollerAsync(context => context.Request.Path == "/block" ? Block(context, gate) : Where(context));
        using var figures = new HostFigures(host.Services);
        using var client = await ConnectToPollerAsync(host);

        // Again where it is forgiven; where there is no thread to spare yet; and who was replaced before he began to wait shows it the next time.
        string where;
        long aside;
        do
        {
            await BlockForTooLongAsync(client, gate);
            aside = figures.Read("rio.work.aside");
            where = await AskWhereAsync(client);
        }
        while ((OperatingSystem.IsWindows() ? where == "poller" : figures.Read("rio.work.aside") == aside) && !Deadline.IsCancellationRequested);

        // Windows does not tell waiting from computing.
        Assert.Equal(OperatingSystem.IsWindows() ? "pool" : "poller", where);
        Assert.Equal(!OperatingSystem.IsWindows(), figures.Read("rio.work.aside") > aside);
    }

    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public async Task First_request_that_came_early_is_served_on_the_poller(ApplicationScheduling scheduling)
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

        // Fewer than the 32 hand-overs at a time that are let pass: one of something else must not send the rest to the pool.
        var clients = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => host.ConnectAsync(Deadline)));
        await Task.WhenAll(clients.Select(client => client.GetAsync("/block")));
        await Wait.UntilAsync(() => BlockedSoFar == clients.Length, Deadline);

        using (var another = await ConnectToPollerAsync(host))
        {
            await another.GetAsync("/");
            Assert.Equal("hello", (await another.ReadReplyAsync()).Text);
        }

        // None of them has taken a thread of the pool's.
        Assert.Equal(0, BlockedOnPool);
        gate.Set();
        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
            }
        }
    }

    private static async Task<string> AskWhereAsync(RawClient client)
    {
        await client.GetAsync(WhereAmI);
        return (await client.ReadReplyAsync()).Text;
    }
}
