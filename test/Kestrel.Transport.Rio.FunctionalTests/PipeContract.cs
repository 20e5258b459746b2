namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>What an application may rely on at its end of a connection's pipes, as on Sockets.</summary>
public abstract class PipeContract(Engine engine) : FunctionalTest(engine)
{
    private const string Reason = "enough";

    public static TheoryData<string> Ends => ["fin", "reset", "abort"];

    [Fact]
    public async Task First_read_completes_for_a_handler_that_polls_it()
    {
        var host = await StartRawAsync(async connection =>
        {
#pragma warning disable CA2012, VSTHRD002, VSTHRD103 // It is consumed once, when it has completed.
            var read = connection.Transport.Input.ReadAsync(Deadline);
            while (!read.IsCompleted)
            {
                await Task.Delay(1, Deadline);
            }

            var result = read.GetAwaiter().GetResult();
#pragma warning restore CA2012, VSTHRD002, VSTHRD103
            await connection.Transport.Output.WriteAsync(result.Buffer.First, Deadline);
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
        });
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("polled");

        Assert.Equal("polled", (await client.ReadToEndAsync()).Text);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task ConnectionClosed_callback_may_wait_for_the_loop_that_reads(string end)
    {
        var reading = new Signal();
        var waited = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hasEnded = new ManualResetEventSlim();
        var host = await StartRawAsync(async connection =>
        {
            connection.ConnectionClosed.Register(() => waited.SetResult(hasEnded.Wait(Wait.Patience, CancellationToken.None)));
            await ReadToEndAsync(connection, reading, end == "abort");
            hasEnded.Set();
        });
        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync("x");
        await reading.WaitAsync(Deadline);

        End(client, end);

        Assert.True(await waited.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task ConnectionClosed_callback_that_blocks_does_not_keep_the_input_from_its_end()
    {
        var closing = new Signal();
        var ended = new Signal();
        using var release = new ManualResetEventSlim();
        var reading = new Signal();
        var host = await StartRawAsync(async connection =>
        {
            connection.ConnectionClosed.Register(() =>
            {
                closing.Set();
                release.Wait(2 * Wait.Patience, CancellationToken.None);
            });
            await ReadToEndAsync(connection, reading, aborts: false);
            ended.Set();
        });
        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync("x");
        await reading.WaitAsync(Deadline);

        client.Finish();

        await closing.WaitAsync(Deadline);
        await ended.Task.InTimeAsync();
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
        release.Set();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task OnWriterCompleted_of_the_input_is_called_with_the_error(string end)
    {
        var reading = new Signal();
        var completed = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartRawAsync(async connection =>
        {
#pragma warning disable CS0618 // Obsolete, and still a part of the contract.
            connection.Transport.Input.OnWriterCompleted((error, _) => completed.SetResult(error), null);
#pragma warning restore CS0618
            await ReadToEndAsync(connection, reading, end == "abort");
        });
        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync("x");
        await reading.WaitAsync(Deadline);

        End(client, end);

        var error = await completed.Task.WaitAsync(Deadline);
        Assert.Equal(
            end switch { "fin" => null, "reset" => typeof(ConnectionResetException), _ => typeof(ConnectionAbortedException) },
            error?.GetType());
    }

    [Fact]
    public async Task Bytes_unread_at_an_abort_give_way_to_its_reason()
    {
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartRawAsync(async connection =>
        {
            var closed = new Signal();
            connection.ConnectionClosed.Register(closed.Set);
            var result = await connection.Transport.Input.ReadAsync(Deadline);
            connection.Transport.Input.AdvanceTo(result.Buffer.Start);
            connection.Abort(new ConnectionAbortedException(Reason));
            await closed.WaitAsync(Deadline);
            seen.SetResult(await Record.ExceptionAsync(() => connection.Transport.Input.ReadAsync(Deadline).AsTask()));
        });
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("unread");

        Assert.Equal(Reason, Assert.IsType<ConnectionAbortedException>(await seen.Task.WaitAsync(Deadline)).Message);
    }

    private static void End(RawClient client, string end)
    {
        switch (end)
        {
            case "fin":
                client.Finish();
                break;
            case "reset":
                client.Reset();
                break;
        }
    }

    private async Task ReadToEndAsync(ConnectionContext connection, Signal reading, bool aborts)
    {
        try
        {
            while (true)
            {
                var result = await connection.Transport.Input.ReadAsync(Deadline);
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }

                reading.Set();
                if (aborts)
                {
                    connection.Abort(new ConnectionAbortedException(Reason));
                }
            }
        }
        catch (ConnectionAbortedException e) when (aborts)
        {
            Assert.Equal(Reason, e.Message);
        }
        catch (ConnectionResetException)
        {
            // The client has reset it.
        }
    }

    public sealed class OnSockets() : PipeContract(Engine.Sockets);

    public sealed class OnRio() : PipeContract(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : PipeContract(Engine.RioInline);

    public sealed class OnRioAdaptive() : PipeContract(Engine.RioAdaptive);
}
