using System.Globalization;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>HTTP/1's corners: what has no body, what is answered early, and when a connection is kept and when it ends.</summary>
public abstract class RequestShapes(Engine engine) : FunctionalTest(engine)
{
    [Fact]
    public async Task A_HEAD_has_headers_and_no_body_and_the_connection_goes_on()
    {
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("HEAD /bytes?n=100000 HTTP/1.1\r\nHost: x\r\n\r\n");
        var head = await client.ReadReplyAsync(bodiless: true);
        await client.GetAsync("/text/next");

        Assert.Equal("100000", head.Headers["Content-Length"]);
        Assert.Equal("next", (await client.ReadReplyAsync()).Text);
    }

    [Fact]
    public async Task An_HTTP_1_0_request_is_answered_and_the_end_is_a_fin()
    {
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("GET /text/old HTTP/1.0\r\n\r\n");

        var end = await client.ReadToEndAsync();
        Assert.EndsWith("\r\n\r\nold", end.Text, StringComparison.Ordinal);
        Assert.False(end.WasReset);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(5_000_000)]
    public async Task Connection_close_delivers_the_whole_answer_and_the_end_is_a_fin(int length)
    {
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync($"GET /bytes?n={length} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        var reply = await client.ReadReplyAsync();
        Assert.Equal("close", reply.Headers["Connection"]);
        Assert.Equal(Pattern.Bytes(length), reply.Body);
        var end = await client.ReadToEndAsync();
        Assert.Empty(end.Bytes);
        Assert.False(end.WasReset);
    }

    [Fact]
    public async Task Expect_100_continue_is_answered_when_the_handler_reads()
    {
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, (await client.ReadReplyAsync()).Status);
        await client.SendAsync(Pattern.Bytes(5000));

        Assert.Equal(Pattern.Digest(5000), (await client.ReadReplyAsync()).Text);
    }

    [Fact]
    public async Task A_handler_that_reads_nothing_of_a_body_does_not_spoil_the_next_request()
    {
        const int Length = 200_000;
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);

        // Kestrel drains what the handler has left.
        await client.SendAsync($"POST /text/early HTTP/1.1\r\nHost: x\r\nContent-Length: {Length}\r\n\r\n");
        Assert.Equal("early", (await client.ReadReplyAsync()).Text);
        await client.SendAsync(Pattern.Bytes(Length));
        await client.GetAsync("/text/next");

        Assert.Equal("next", (await client.ReadReplyAsync()).Text);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_answered_with_413_while_it_is_still_being_sent()
    {
        var host = await StartAsync(new HostSetup { Kestrel = options => options.Limits.MaxRequestBodySize = 1000 });
        host.Logs.Expect(entry => entry.Exception is Microsoft.AspNetCore.Http.BadHttpRequestException);
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nsome");

        var reply = await client.ReadReplyAsync();
        Assert.Equal(413, reply.Status);
        Assert.Equal("close", reply.Headers["Connection"]);
        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task A_malformed_request_is_answered_with_400_and_the_end()
    {
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);

        await client.SendAsync("GET\r\n\r\n");

        Assert.Equal(400, (await client.ReadReplyAsync()).Status);
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task A_thousand_requests_one_after_the_other_share_one_connection()
    {
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch });
        using var client = await host.ConnectAsync(Deadline);

        for (var i = 0; i < 1000; i++)
        {
            await client.GetAsync($"/text/{i}");
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), (await client.ReadReplyAsync()).Text);
        }

        Assert.Equal(1, watch.Count);
    }

    [Fact]
    public async Task Five_hundred_connections_come_and_go()
    {
        const int Connections = 500;
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch });

        for (var i = 0; i < Connections; i++)
        {
            await host.AssertServesAsync(Deadline);
        }

        Assert.Equal(Connections, watch.Count);
        for (var i = 0; i < Connections; i++)
        {
            var connection = await watch.NextAsync(Deadline);
            await connection.Closed.InTimeAsync();
            Assert.Equal(1, connection.ClosedCount);
        }
    }

    [Fact]
    public async Task Connections_over_MaxConcurrentConnections_are_ended_and_the_next_is_served_when_there_is_room()
    {
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup
        {
            Watch = watch,
            Kestrel = options => options.Limits.MaxConcurrentConnections = 2,
        });
        host.Logs.Expect(entry => entry.Event.Name == "ConnectionRejected");
        using var first = await host.ConnectAsync(Deadline);
        using var second = await host.ConnectAsync(Deadline);
        await second.GetAsync("/");
        await second.ReadReplyAsync();

        // Kestrel counts a connection when it begins it, on a thread of the pool.
        await watch.NextAsync(Deadline);
        await watch.NextAsync(Deadline);

        using (var third = await host.ConnectAsync(Deadline))
        {
            Assert.Empty((await third.ReadToEndAsync()).Bytes);
        }

        first.Reset();
        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(19), Deadline);
        await ServedAtLastAsync(host);
        await second.GetAsync("/text/alive");
        Assert.Equal("alive", (await second.ReadReplyAsync()).Text);
    }

    /// <summary>Kestrel counts a connection out a moment after its end, and signals that to nobody.</summary>
    private async Task ServedAtLastAsync(TestHost host)
    {
        while (true)
        {
            using var client = await host.ConnectAsync(Deadline);
            try
            {
                await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                if ((await client.ReadToEndAsync()).Text.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (SocketException)
            {
                // Turned away while it was still sending.
            }
        }
    }

    public sealed class OnSockets() : RequestShapes(Engine.Sockets);

    public sealed class OnRio() : RequestShapes(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : RequestShapes(Engine.RioInline);

    public sealed class OnRioAdaptive() : RequestShapes(Engine.RioAdaptive);
}
