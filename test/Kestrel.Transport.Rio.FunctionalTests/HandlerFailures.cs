namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>What applications throw touches the connection it was thrown on, and no other.</summary>
public abstract class HandlerFailures(Engine engine) : FunctionalTest(engine)
{
    [Fact]
    public async Task An_exception_in_a_handler_is_a_500_and_the_connection_goes_on()
    {
        var host = await StartAsync(new HostSetup { App = ThrowIfAskedAsync });
        host.Logs.Expect(entry => entry.Exception is InvalidOperationException { Message: "asked for" });
        using var client = await host.ConnectAsync(Deadline);

        await client.GetAsync("/throw");
        Assert.Equal(500, (await client.ReadReplyAsync()).Status);
        await client.GetAsync("/text/next");
        Assert.Equal("next", (await client.ReadReplyAsync()).Text);
    }

    [Fact]
    public async Task An_exception_after_the_response_has_started_ends_that_connection_only()
    {
        var host = await StartAsync(new HostSetup
        {
            App = async context =>
            {
                await context.Response.WriteAsync("half of it", Deadline);
                await context.Response.Body.FlushAsync(Deadline);
                if (context.Request.Path == "/throw")
                {
                    throw new InvalidOperationException("asked for");
                }
            },
        });
        host.Logs.Expect(entry => entry.Exception is InvalidOperationException { Message: "asked for" });
        using var other = await host.ConnectAsync(Deadline);
        await other.GetAsync("/");
        await other.ReadReplyAsync();
        using var client = await host.ConnectAsync(Deadline);

        await client.GetAsync("/throw");

        var end = await client.ReadToEndAsync();
        Assert.Contains("half of it", end.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("0\r\n\r\n", end.Text, StringComparison.Ordinal);
        await other.GetAsync("/");
        Assert.Equal(200, (await other.ReadReplyAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_in_connection_middleware_ends_that_connection_only(bool synchronously)
    {
        var next = 0;
        var watch = new ConnectionWatch();
        var setup = new HostSetup { Watch = watch };
        setup.Listen(IPAddress.Loopback, listen => listen.Use(inner => connection =>
        {
            if (Interlocked.Increment(ref next) != 2)
            {
                return inner(connection);
            }

            return synchronously ? throw new InvalidOperationException("asked for") : ThrowLaterAsync(connection);
        }));
        var host = await StartAsync(setup);
        host.Logs.Expect(entry => entry.Exception is InvalidOperationException { Message: "asked for" });
        using var first = await host.ConnectAsync(Deadline);
        await first.GetAsync("/");
        await first.ReadReplyAsync();
        await watch.NextAsync(Deadline);

        using var second = await host.ConnectAsync(Deadline);
        if (!synchronously)
        {
            await second.SendAsync("x");
        }

        await second.ReadToEndAsync();
        var failed = await watch.NextAsync(Deadline);
        await failed.Closed.InTimeAsync();
        Assert.Equal(1, failed.ClosedCount);
        await first.GetAsync("/text/alive");
        Assert.Equal("alive", (await first.ReadReplyAsync()).Text);
        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task Fifty_connections_that_fail_do_not_stop_the_fifty_first()
    {
        var setup = new HostSetup().Raw(async connection =>
        {
            var result = await connection.Transport.Input.ReadAsync(Deadline);
            var isAsked = result.Buffer.FirstSpan[0] == (byte)'t';
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            if (isAsked)
            {
                throw new InvalidOperationException("asked for");
            }

            await connection.Transport.Output.WriteAsync("fine"u8.ToArray(), Deadline);
        });
        var host = await StartAsync(setup);
        host.Logs.Expect(entry => entry.Exception is InvalidOperationException { Message: "asked for" });

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var failing = await host.ConnectAsync(Deadline);
            await failing.SendAsync("throw");
            await failing.ReadToEndAsync();
        }));

        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync("go on");
        Assert.Equal("fine", (await client.ReadToEndAsync()).Text);
    }

    private async Task ThrowLaterAsync(ConnectionContext connection)
    {
        await connection.Transport.Input.ReadAsync(Deadline);
        throw new InvalidOperationException("asked for");
    }

    private static Task ThrowIfAskedAsync(HttpContext context) => context.Request.Path == "/throw"
        ? throw new InvalidOperationException("asked for")
        : TestApp.HandleAsync(context);

    public sealed class OnSockets() : HandlerFailures(Engine.Sockets);

    public sealed class OnRio() : HandlerFailures(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : HandlerFailures(Engine.RioInline);

    public sealed class OnRioAdaptive() : HandlerFailures(Engine.RioAdaptive);
}
