namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>What an application may do to its end of a connection that HTTP never does. It is that connection's affair.</summary>
public abstract class ApplicationFaults(Engine engine) : FunctionalTest(engine)
{
    [Fact]
    public async Task An_output_that_is_completed_with_an_exception_ends_that_connection_with_a_reset()
    {
        var host = await StartRawAsync(async connection =>
        {
            if (await IsToFailAsync(connection))
            {
                await connection.Transport.Output.CompleteAsync(new InvalidOperationException("the application's own"));
            }
        });
        using var failing = await host.ConnectAsync(Deadline);

        await failing.SendAsync("fail");

        Assert.True((await failing.ReadToEndAsync()).WasReset);
        await AssertOthersAreServedAsync(host);
    }

    [Fact]
    public async Task An_input_that_is_completed_with_an_exception_ends_that_connection_only()
    {
        var completed = new Signal();
        var host = await StartRawAsync(async connection =>
        {
            if (await IsToFailAsync(connection))
            {
                await connection.Transport.Input.CompleteAsync(new InvalidOperationException("the application's own"));
                completed.Set();
                await Task.Delay(Timeout.Infinite, connection.ConnectionClosed).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        });
        using var failing = await host.ConnectAsync(Deadline);
        await failing.SendAsync("fail");
        await completed.WaitAsync(Deadline);

        // The pipe says it when it is next given something.
        await failing.SendAsync("more");

        await failing.ReadToEndAsync();
        await AssertOthersAreServedAsync(host);
    }

    private static async Task<bool> IsToFailAsync(ConnectionContext connection)
    {
        var result = await connection.Transport.Input.ReadAsync();
        var asked = Encoding.ASCII.GetString(result.Buffer);
        connection.Transport.Input.AdvanceTo(result.Buffer.End);
        if (asked == "fail")
        {
            return true;
        }

        await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(asked));
        return false;
    }

    private async Task AssertOthersAreServedAsync(TestHost host)
    {
        // As many as reach every poller.
        for (var i = 0; i < 8; i++)
        {
            using var client = await host.ConnectAsync(Deadline);
            await client.SendAsync("echo");
            Assert.Equal("echo", (await client.ReadToEndAsync()).Text);
        }

        await host.StopAsync(Deadline);
    }

    public sealed class OnSockets() : ApplicationFaults(Engine.Sockets);

    public sealed class OnRio() : ApplicationFaults(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ApplicationFaults(Engine.RioInline);

    public sealed class OnRioAdaptive() : ApplicationFaults(Engine.RioAdaptive);
}
