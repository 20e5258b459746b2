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

    /// <summary>1 MiB in small steps, each followed by its echo, so the pace is the transport's and far above the minimum.</summary>
    [Fact]
    public async Task A_peer_that_keeps_the_pace_is_served_under_strict_rates()
    {
        const int Length = 1024 * 1024;
        var host = await StartAsync(new HostSetup
        {
            Kestrel = options =>
            {
                options.Limits.MinRequestBodyDataRate = s_strict;
                options.Limits.MinResponseDataRate = s_strict;
            },
        });
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync($"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {Length}\r\n\r\n");
        var chunks = Pattern.Bytes(Length).Chunk(4096).ToList();
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
                await client.SendAsync(chunks[i + 1]);
            }
        }
    }

    public sealed class OnSockets() : MinimumDataRates(Engine.Sockets);

    public sealed class OnRio() : MinimumDataRates(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : MinimumDataRates(Engine.RioInline);

    public sealed class OnRioAdaptive() : MinimumDataRates(Engine.RioAdaptive);
}
