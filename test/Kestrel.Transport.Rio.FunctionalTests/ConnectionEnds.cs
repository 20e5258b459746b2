using System.Buffers;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Orderly ends, from either side: which token fires, how often, and what still flows afterwards.</summary>
public abstract class ConnectionEnds(Engine engine) : FunctionalTest(engine)
{
    private const int ConnectionReadFin = 6;
    private const int ConnectionWriteFin = 7;

    [Fact]
    public async Task Fin_on_an_idle_connection_fires_ConnectionClosed_once()
    {
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch });
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);
        await client.GetAsync("/");
        await client.ReadReplyAsync();

        client.Finish();

        Assert.False((await client.ReadToEndAsync()).WasReset);
        await connection.Closed.InTimeAsync();
        await connection.Finished.WaitAsync(Deadline);
        Assert.Equal(1, connection.ClosedCount);
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(ConnectionReadFin), Deadline);
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(ConnectionWriteFin), Deadline);
    }

    [Fact]
    public async Task A_fin_while_a_request_is_handled_cancels_RequestAborted()
    {
        var handling = new Signal();
        var aborted = new Signal();
        var host = await StartAsync(new HostSetup
        {
            App = async context =>
            {
                using var registration = context.RequestAborted.Register(aborted.Set);
                handling.Set();
                await aborted.WaitAsync(Deadline);
            },
        });
        using var client = await host.ConnectAsync(Deadline);

        await client.GetAsync("/");
        await handling.WaitAsync(Deadline);
        client.Finish();

        await aborted.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_fin_after_half_a_request_line_ends_the_connection_and_nothing_else()
    {
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch });
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        await client.SendAsync("GET / HT");
        client.Finish();

        await client.ReadToEndAsync();
        await connection.Finished.WaitAsync(Deadline);
        await connection.Closed.InTimeAsync();
        Assert.Equal(1, connection.ClosedCount);
        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task A_fin_in_the_middle_of_a_body_ends_its_reader_with_an_exception()
    {
        var reading = new Signal();
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartAsync(new HostSetup
        {
            App = async context =>
            {
                reading.Set();
                seen.SetResult(await Record.ExceptionAsync(() => context.Request.Body.CopyToAsync(Stream.Null, CancellationToken.None)));
            },
        });
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf of it");
        await reading.WaitAsync(Deadline);
        client.Finish();

        Assert.IsAssignableFrom<IOException>(await seen.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task After_the_clients_fin_the_application_reads_to_the_end_and_can_still_answer()
    {
        const int Length = 300_000;
        var watch = new ConnectionWatch();
        var setup = new HostSetup { Watch = watch }.Raw(async connection =>
        {
            var read = 0L;
            while (true)
            {
                var result = await connection.Transport.Input.ReadAsync(Deadline);
                Pattern.AssertAt(result.Buffer, read);
                read += result.Buffer.Length;
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }

            await Pattern.WriteAsync(connection.Transport.Output, read, Deadline);
        });
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync(Pattern.Bytes(Length));
        client.Finish();

        var end = await client.ReadToEndAsync();
        Assert.False(end.WasReset);
        Assert.Equal(Pattern.Bytes(Length), end.Bytes);
        var connection = await watch.NextAsync(Deadline);
        await connection.Closed.InTimeAsync();
        Assert.Equal(1, connection.ClosedCount);
    }

    [Fact]
    public async Task A_handler_that_returns_sends_what_it_wrote_and_then_a_fin()
    {
        const int Length = 1_000_000;
        var host = await StartRawAsync(connection => Pattern.WriteAsync(connection.Transport.Output, Length, Deadline));
        using var client = await host.ConnectAsync(Deadline);

        var end = await client.ReadToEndAsync();

        Assert.False(end.WasReset);
        Assert.Equal(Pattern.Bytes(Length), end.Bytes);
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(ConnectionWriteFin), Deadline);
    }

    [Fact]
    public async Task Completing_the_output_sends_a_fin_and_ConnectionClosed_fires_once()
    {
        var watch = new ConnectionWatch();
        var clientIsDone = new Signal();
        var setup = new HostSetup { Watch = watch }.Raw(async connection =>
        {
            await connection.Transport.Output.WriteAsync("bye"u8.ToArray(), Deadline);
            await connection.Transport.Output.CompleteAsync();
            await clientIsDone.WaitAsync(Deadline);
        });
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline);
        var connection = await watch.NextAsync(Deadline);

        var end = await client.ReadToEndAsync();
        clientIsDone.Set();

        Assert.Equal("bye", end.Text);
        Assert.False(end.WasReset);
        await connection.Closed.InTimeAsync();
        await connection.Finished.WaitAsync(Deadline);
        Assert.Equal(1, connection.ClosedCount);
    }

    /// <summary>ConnectionClosed runs user callbacks, which may block: never on the thread that does everybody's I/O.</summary>
    [Fact]
    public async Task A_callback_of_ConnectionClosed_that_blocks_does_not_hold_up_other_connections()
    {
        using var release = new ManualResetEventSlim();
        var blocking = new Signal();
        var first = true;
        var setup = new HostSetup().Raw(async connection =>
        {
            if (first)
            {
                first = false;
                connection.ConnectionClosed.Register(() =>
                {
                    blocking.Set();
                    release.Wait(Wait.Patience, CancellationToken.None);
                });
            }

            await EchoAsync(connection);
        });
        var host = await StartAsync(setup);
        using (var closing = await host.ConnectAsync(Deadline))
        {
            await closing.SendAsync("a");
            await closing.ReadExactlyAsync(1);
            closing.Finish();
            await blocking.WaitAsync(Deadline);
        }

        // As many as may share the blocked thread: more than there are pollers or I/O queues.
        for (var i = 0; i < 2 * Environment.ProcessorCount; i++)
        {
            using var client = await host.ConnectAsync(Deadline);
            await client.SendAsync("b");
            Assert.Equal("b", Encoding.ASCII.GetString(await client.ReadExactlyAsync(1)));
        }

        release.Set();
    }

    private async Task EchoAsync(ConnectionContext connection)
    {
        while (true)
        {
            var result = await connection.Transport.Input.ReadAsync(Deadline);
            await connection.Transport.Output.WriteAsync(result.Buffer.ToArray(), Deadline);
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    public sealed class OnSockets() : ConnectionEnds(Engine.Sockets);

    public sealed class OnRio() : ConnectionEnds(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ConnectionEnds(Engine.RioInline);

    public sealed class OnRioAdaptive() : ConnectionEnds(Engine.RioAdaptive);
}
