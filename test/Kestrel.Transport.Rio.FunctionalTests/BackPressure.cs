namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// Whoever is slow holds up the other side, and nobody's memory grows: in both directions, within the limits the options
/// set, and without losing a byte.
/// </summary>
public abstract class BackPressure(Engine engine) : FunctionalTest(engine)
{
    private const int ConnectionPause = 4;
    private const int ConnectionResume = 5;
    private const int Chunk = 4096;
    private const int Total = 8 * 1024 * 1024;
    private const int KernelBuffers = 64 * 1024;

    /// <summary>Linux doubles the size asked for, and counts its own bookkeeping to it; both ends have one.</summary>
    private const int KernelSlack = 4 * 2 * KernelBuffers;

    [Theory]
    [InlineData(16 * 1024L)]
    [InlineData(1024 * 1024L)]
    public async Task A_server_that_does_not_read_stalls_the_client_within_MaxReadBufferSize(long limit)
    {
        var go = new Signal();
        var digest = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var setup = Receiver(go, digest);
        setup.Transport.MaxReadBufferSize = limit;
        var host = await StartAsync(setup);
        using var client = await ConnectAsync(host);
        var sent = 0L;

        var sending = SendAllAsync(client, count => Interlocked.Add(ref sent, count));
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(ConnectionPause), Deadline);
        var stalledAt = await Wait.UntilStillAsync(() => Interlocked.Read(ref sent), Deadline);

        Assert.InRange(stalledAt, limit, limit + KernelSlack);
        Assert.False(sending.IsCompleted);
        go.Set();
        await sending;
        client.Finish();
        Assert.Equal(Pattern.Digest(Total), await digest.Task.WaitAsync(Deadline));
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(ConnectionResume), Deadline);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    public async Task Without_a_MaxReadBufferSize_a_server_that_does_not_read_does_not_stall_the_client(long? limit)
    {
        var go = new Signal();
        var digest = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var setup = Receiver(go, digest);
        setup.Transport.MaxReadBufferSize = limit;
        var host = await StartAsync(setup);
        using var client = await ConnectAsync(host);

        await SendAllAsync(client, _ => { });
        client.Finish();

        go.Set();
        Assert.Equal(Pattern.Digest(Total), await digest.Task.WaitAsync(Deadline));

        // Lines are written behind what they tell of, and all of them before a stop has ended.
        await host.StopAsync(Deadline).InTimeAsync();
        Assert.False(host.Logs.HasTransportEvent(ConnectionPause));
    }

    [Theory]
    [InlineData(4 * 1024L)]
    [InlineData(64 * 1024L)]
    [InlineData(1024 * 1024L)]
    public async Task A_client_that_does_not_read_makes_a_flush_wait_within_MaxWriteBufferSize(long limit)
    {
        var flushed = 0L;
        var setup = Sender(count => Interlocked.Add(ref flushed, count));
        setup.Transport.MaxWriteBufferSize = limit;
        var host = await StartAsync(setup);
        using var client = await ConnectAsync(host);

        await Wait.UntilAsync(() => Interlocked.Read(ref flushed) >= limit - Chunk, Deadline);
        var stalledAt = await Wait.UntilStillAsync(() => Interlocked.Read(ref flushed), Deadline);

        Assert.InRange(stalledAt, limit - Chunk, limit + KernelSlack);
        var end = await client.ReadToEndAsync();
        Assert.False(end.WasReset);
        Assert.True(end.Bytes.AsSpan().SequenceEqual(Pattern.Bytes(Total)));
        Assert.Equal(Total, Interlocked.Read(ref flushed));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    public async Task Unlimited_write_buffer_never_holds_the_application_up(long? limit)
    {
        var flushed = 0L;
        var setup = Sender(count => Interlocked.Add(ref flushed, count));
        setup.Transport.MaxWriteBufferSize = limit;
        var host = await StartAsync(setup);
        using var client = await ConnectAsync(host);

        await Wait.UntilAsync(() => Interlocked.Read(ref flushed) == Total, Deadline);

        var end = await client.ReadToEndAsync();
        Assert.False(end.WasReset);
        Assert.True(end.Bytes.AsSpan().SequenceEqual(Pattern.Bytes(Total)));
    }

    /// <summary>Both directions at their limits at once, over and over: the echo stalls, resumes and stalls again.</summary>
    [Fact]
    public async Task An_echo_under_back_pressure_on_both_sides_loses_nothing()
    {
        var setup = new HostSetup().Raw(
            connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output, Deadline));
        setup.Transport.KernelBufferSize = KernelBuffers;
        setup.Transport.MaxReadBufferSize = 10_000;
        setup.Transport.MaxWriteBufferSize = 10_000;
        var host = await StartAsync(setup);
        using var client = await ConnectAsync(host);
        var sent = 0L;

        var sending = SendAllAsync(client, count => Interlocked.Add(ref sent, count));
        Assert.InRange(await Wait.UntilStillAsync(() => Interlocked.Read(ref sent), Deadline), 0, 20_000 + (2 * KernelSlack));

        var echo = await client.ReadExactlyAsync(Total);
        await sending;
        client.Finish();
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
        Assert.True(echo.AsSpan().SequenceEqual(Pattern.Bytes(Total)));
    }

    [Fact]
    public async Task A_stalled_connection_does_not_hold_up_others()
    {
        var flushed = 0L;
        var host = await StartAsync(Sender(count => Interlocked.Add(ref flushed, count)));
        var stalled = new List<RawClient>();
        try
        {
            for (var i = 0; i < 2 * Environment.ProcessorCount; i++)
            {
                stalled.Add(await ConnectAsync(host));
            }

            await Wait.UntilStillAsync(() => Interlocked.Read(ref flushed), Deadline);
            using var client = await ConnectAsync(host);
            Assert.Equal(Pattern.Bytes(Total), await client.ReadExactlyAsync(Total));
        }
        finally
        {
            stalled.ForEach(client => client.Dispose());
        }
    }

    private HostSetup Receiver(Signal go, TaskCompletionSource<string> digest)
    {
        var setup = new HostSetup().Raw(async connection =>
        {
            await go.WaitAsync(Deadline);
            digest.SetResult(await Pattern.DigestAsync(connection.Transport.Input.AsStream(), Deadline));
        });
        setup.Transport.KernelBufferSize = KernelBuffers;
        return setup;
    }

    private HostSetup Sender(Action<int> onFlushed)
    {
        var setup = new HostSetup().Raw(async connection =>
        {
            for (var offset = 0L; offset < Total; offset += Chunk)
            {
                Pattern.Fill(connection.Transport.Output.GetSpan(Chunk)[..Chunk], offset);
                connection.Transport.Output.Advance(Chunk);
                if ((await connection.Transport.Output.FlushAsync(Deadline)).IsCompleted)
                {
                    return;
                }

                onFlushed(Chunk);
            }
        });
        setup.Transport.KernelBufferSize = KernelBuffers;
        return setup;
    }

    private Task<RawClient> ConnectAsync(TestHost host) => host.ConnectAsync(Deadline, socket =>
    {
        socket.ReceiveBufferSize = KernelBuffers;
        socket.SendBufferSize = KernelBuffers;
    });

    private static async Task SendAllAsync(RawClient client, Action<int> onSent)
    {
        foreach (var chunk in Pattern.Bytes(Total).Chunk(Chunk))
        {
            await client.SendAsync(chunk);
            onSent(chunk.Length);
        }
    }

    public sealed class OnSockets() : BackPressure(Engine.Sockets);

    public sealed class OnRio() : BackPressure(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : BackPressure(Engine.RioInline);

    public sealed class OnRioAdaptive() : BackPressure(Engine.RioAdaptive);
}
