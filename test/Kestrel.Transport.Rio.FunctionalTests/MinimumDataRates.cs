namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Kestrel's guard against peers that starve it works through the transport's own pace.</summary>
public abstract class MinimumDataRates(Engine engine) : FunctionalTest(engine)
{
    // As short as Kestrel allows: more than the one second of its timer.
    private static readonly MinDataRate s_strict = new(bytesPerSecond: 100_000, gracePeriod: TimeSpan.FromSeconds(1.1));

    [Fact]
    public async Task A_request_body_that_stops_coming_is_answered_with_408_and_the_end()
    {
        var host = await StartAsync(new HostSetup { Kestrel = options => options.Limits.MinRequestBodyDataRate = s_strict });
        host.Logs.Expect(entry => entry.Exception is Microsoft.AspNetCore.Http.BadHttpRequestException);
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx");

        Assert.Equal(408, (await client.ReadReplyAsync()).Status);
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
        Assert.Contains(host.Logs.Entries, entry => entry.Event.Name == "RequestBodyMinimumDataRateNotSatisfied");
        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task A_response_that_nobody_reads_is_aborted()
    {
        var aborted = new Signal();
        var setup = new HostSetup
        {
            Kestrel = options => options.Limits.MinResponseDataRate = s_strict,
            App = async context =>
            {
                if (context.Request.Path == "/bytes")
                {
                    context.RequestAborted.Register(aborted.Set);
                }

                await TestApp.HandleAsync(context);
            },
        };
        setup.Transport.KernelBufferSize = 16 * 1024;
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline, socket => socket.ReceiveBufferSize = 16 * 1024);

        await client.GetAsync("/bytes?n=100000000");

        await aborted.WaitAsync(Deadline);
        Assert.True((await client.ReadToEndAsync()).WasReset);
        Assert.Contains(host.Logs.Entries, entry => entry.Event.Name == "ResponseMinimumDataRateNotSatisfied");
        await host.AssertServesAsync(Deadline);
    }

    /// <summary>
    /// Small steps, each followed by its echo, for longer than the grace, so that the rates are looked at; and far above the minimum
    /// even on a machine that has much else to do.
    /// </summary>
    [Fact]
    public async Task A_peer_that_keeps_the_pace_is_served_for_longer_than_the_grace()
    {
        const int Step = 4096;
        const int Steps = 64;
        var pause = 3 * s_strict.GracePeriod / Steps;
        var minimum = new MinDataRate(bytesPerSecond: 1000, s_strict.GracePeriod);
        var host = await StartAsync(new HostSetup
        {
            Kestrel = options =>
            {
                options.Limits.MinRequestBodyDataRate = minimum;
                options.Limits.MinResponseDataRate = minimum;
            },
        });
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync($"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {Step * Steps}\r\n\r\n");
        var chunks = Pattern.Bytes(Step * Steps).Chunk(Step).ToList();
        await client.SendAsync(chunks[0]);
        while (await client.ReadLineAsync() is not "")
        {
            // Headers.
        }

        for (var i = 0; i < chunks.Count; i++)
        {
            Assert.Equal(chunks[i], await client.ReadExactlyAsync(chunks[i].Length));
            if (i + 1 < chunks.Count)
            {
                // The client's pace.
                await Task.Delay(pause, Deadline);
                await client.SendAsync(chunks[i + 1]);
            }
        }
    }

    public sealed class OnSockets() : MinimumDataRates(Engine.Sockets);

    public sealed class OnRio() : MinimumDataRates(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : MinimumDataRates(Engine.RioInline);

    public sealed class OnRioAdaptive() : MinimumDataRates(Engine.RioAdaptive);
}
