namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>The server ends a connection by force: what the peer sees, and what the application sees.</summary>
public abstract class ServerAborts(Engine engine) : FunctionalTest(engine)
{
    private const int ConnectionWriteRst = 8;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HttpContext_Abort_sends_a_rst_or_with_FinOnError_a_fin(bool finOnError)
    {
        var setup = new HostSetup
        {
            App = context =>
            {
                context.Abort();
                return Task.CompletedTask;
            },
        };
        setup.Transport.FinOnError = finOnError;
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline);

        await client.GetAsync("/");

        Assert.Equal(!finOnError, (await client.ReadToEndAsync()).WasReset);
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(ConnectionWriteRst) == !finOnError, Deadline);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConnectionContext_Abort_sends_a_rst_or_with_FinOnError_a_fin(bool finOnError)
    {
        var setup = new HostSetup().Raw(async connection =>
        {
            await connection.Transport.Input.ReadAsync(Deadline);
            connection.Abort(new ConnectionAbortedException("enough"));
        });
        setup.Transport.FinOnError = finOnError;
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline);

        // Not at once: a RST can overtake the client's own connect, which then fails.
        await client.SendAsync("x");

        Assert.Equal(!finOnError, (await client.ReadToEndAsync()).WasReset);
    }

    [Fact]
    public async Task After_an_abort_the_application_reads_an_exception_with_the_first_reason()
    {
        var (seen, watch) = await AbortWhileReadingAsync(connection =>
        {
            connection.Abort(new ConnectionAbortedException("the first reason"));
            connection.Abort(new ConnectionAbortedException("the second reason"));
        });

        Assert.Equal("the first reason", Assert.IsType<ConnectionAbortedException>(seen).Message);
        await watch.Closed.InTimeAsync();
        await watch.Finished.WaitAsync(Deadline);
        Assert.Equal(1, watch.ClosedCount);
    }

    [Fact]
    public async Task After_an_abort_without_a_reason_the_application_reads_a_ConnectionAbortedException()
    {
        var (seen, _) = await AbortWhileReadingAsync(connection => connection.Abort());

        Assert.IsType<ConnectionAbortedException>(seen);
    }

    [Fact]
    public async Task A_peers_reset_is_read_by_the_application_as_ConnectionResetException()
    {
        var reading = new Signal();
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartRawAsync(async connection =>
        {
            var read = connection.Transport.Input.ReadAsync(Deadline).AsTask();
            reading.Set();
            seen.SetResult(await Record.ExceptionAsync(() => read));
        });
        using var client = await host.ConnectAsync(Deadline);
        await reading.WaitAsync(Deadline);

        client.Reset();

        Assert.IsType<ConnectionResetException>(await seen.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task An_abort_after_a_peers_reset_does_not_replace_the_reset()
    {
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepted = new Signal();
        var closed = new Signal();
        var host = await StartRawAsync(async connection =>
        {
            connection.ConnectionClosed.Register(closed.Set);
            accepted.Set();
            await closed.WaitAsync(Deadline);
            connection.Abort(new ConnectionAbortedException("too late"));
            seen.SetResult(await Record.ExceptionAsync(() => connection.Transport.Input.ReadAsync(Deadline).AsTask()));
        });
        using var client = await host.ConnectAsync(Deadline);
        await accepted.WaitAsync(Deadline);

        client.Reset();

        Assert.IsType<ConnectionResetException>(await seen.Task.WaitAsync(Deadline));
    }

    /// <summary>A writer must learn of the end from the flush's result: exceptions there would be the peer's to cause.</summary>
    [Fact]
    public async Task After_a_peers_reset_flushes_complete_without_an_exception()
    {
        var accepted = new Signal();
        var closed = new Signal();
        var results = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartRawAsync(async connection =>
        {
            connection.ConnectionClosed.Register(closed.Set);
            accepted.Set();
            await closed.WaitAsync(Deadline);
            while (!(await connection.Transport.Output.WriteAsync(new byte[1000], Deadline)).IsCompleted)
            {
                // The transport finds out when it sends, so the first flushes may still be taken.
            }

            results.SetResult(true);
        });
        using var client = await host.ConnectAsync(Deadline);
        await accepted.WaitAsync(Deadline);

        client.Reset();

        Assert.True(await results.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task An_abort_does_not_wait_for_a_peer_that_does_not_read()
    {
        var waiting = new Signal();
        var watch = new ConnectionWatch();
        var flushes = 0L;
        var setup = new HostSetup { Watch = watch }.Raw(async connection =>
        {
            while (!(await connection.Transport.Output.WriteAsync(new byte[16 * 1024], Deadline)).IsCompleted)
            {
                Interlocked.Increment(ref flushes);
            }
        });
        setup.Transport.KernelBufferSize = 16 * 1024;
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline, socket => socket.ReceiveBufferSize = 16 * 1024);
        var connection = await watch.NextAsync(Deadline);
        await Wait.UntilStillAsync(() => Interlocked.Read(ref flushes), Deadline);

        connection.Context.Abort(new ConnectionAbortedException("too slow"));

        await connection.Finished.WaitAsync(Deadline);
        await connection.Closed.InTimeAsync();
        Assert.True((await client.ReadToEndAsync()).WasReset);
        Assert.Equal(1, connection.ClosedCount);
    }

    [Fact]
    public async Task Concurrent_aborts_end_the_connection_once()
    {
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch });
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(
            i => Task.Run(() => connection.Context.Abort(new ConnectionAbortedException($"{i}")), Deadline)));

        Assert.True((await client.ReadToEndAsync()).WasReset);
        await connection.Closed.InTimeAsync();
        await connection.Finished.WaitAsync(Deadline);
        Assert.Equal(1, connection.ClosedCount);
        await host.AssertServesAsync(Deadline);
    }

    private async Task<(Exception? Seen, WatchedConnection Connection)> AbortWhileReadingAsync(Action<ConnectionContext> abort)
    {
        var watch = new ConnectionWatch();
        var connected = new Signal();
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var setup = new HostSetup { Watch = watch }.Raw(async connection =>
        {
            var reading = connection.Transport.Input.ReadAsync(Deadline).AsTask();
            await connected.WaitAsync(Deadline);
            abort(connection);
            seen.SetResult(await Record.ExceptionAsync(() => reading));
        });
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline);
        connected.Set();
        return (await seen.Task.WaitAsync(Deadline), await watch.NextAsync(Deadline));
    }

    public sealed class OnSockets() : ServerAborts(Engine.Sockets);

    public sealed class OnRio() : ServerAborts(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ServerAborts(Engine.RioInline);

    public sealed class OnRioAdaptive() : ServerAborts(Engine.RioAdaptive);
}
