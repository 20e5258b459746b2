namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Many requests in one segment, and requests cut anywhere: answers come complete and in order.</summary>
public abstract class Pipelining(Engine engine) : FunctionalTest(engine)
{
    [Theory]
    [InlineData(16)]
    [InlineData(1000)]
    public async Task Pipelined_requests_are_answered_in_order(int count)
    {
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);
        var requests = string.Concat(Enumerable.Range(0, count).Select(i => $"GET /text/{i} HTTP/1.1\r\nHost: x\r\n\r\n"));

        var sending = client.SendAsync(requests);

        await AssertAnswersInOrderAsync(client, count);
        await sending;
    }

    /// <summary>Segments of 7 bytes: no request begins or ends where a receive does.</summary>
    [Fact]
    public async Task Pipelined_requests_cut_at_odd_places_are_answered_in_order()
    {
        const int Count = 50;
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);
        var requests = string.Concat(Enumerable.Range(0, Count).Select(i => $"GET /text/{i} HTTP/1.1\r\nHost: x\r\n\r\n"));

        foreach (var part in Encoding.ASCII.GetBytes(requests).Chunk(7))
        {
            await client.SendAsync(part);
        }

        await AssertAnswersInOrderAsync(client, Count);
    }

    [Fact]
    public async Task Pipelined_bodies_do_not_run_into_each_other()
    {
        const int Count = 20;
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);
        var requests = new MemoryStream();
        for (var i = 0; i < Count; i++)
        {
            var body = Pattern.Bytes(1000 * i);
            requests.Write(Encoding.ASCII.GetBytes($"POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n\r\n"));
            requests.Write(body);
        }

        var sending = client.SendAsync(requests.ToArray());

        for (var i = 0; i < Count; i++)
        {
            Assert.Equal(Pattern.Digest(1000 * i), (await client.ReadReplyAsync()).Text);
        }

        await sending;
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_served()
    {
        const int Length = 300;
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);

        await SendByteByByteAsync(client, Encoding.ASCII.GetBytes($"POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: {Length}\r\n\r\n"));
        await SendByteByByteAsync(client, Pattern.Bytes(Length));

        Assert.Equal(Pattern.Digest(Length), (await client.ReadReplyAsync()).Text);
    }

    [Fact]
    public async Task A_chunked_request_that_comes_byte_by_byte_is_served()
    {
        var host = await StartAsync();
        using var client = await host.ConnectAsync(Deadline);

        await SendByteByByteAsync(client, Encoding.ASCII.GetBytes(
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\n\r\n"));

        Assert.Equal("abcdefgh", (await client.ReadReplyAsync()).Text);
    }

    [Fact]
    public async Task A_response_that_is_read_in_dribs_arrives_as_it_was_sent()
    {
        const int Length = 1024 * 1024;
        var setup = new HostSetup();
        setup.Transport.KernelBufferSize = 8 * 1024;
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline, socket => socket.ReceiveBufferSize = 4 * 1024);

        await client.GetAsync($"/bytes?n={Length}");
        while (await client.ReadLineAsync() is not "")
        {
            // Headers.
        }

        var body = new MemoryStream();
        for (var size = 1; body.Length < Length; size = (size * 3 % 1009) + 1)
        {
            body.Write((await client.ReadAsync(size)).Span);
        }

        Assert.Equal(Pattern.Bytes(Length), body.ToArray());
    }

    private static async Task SendByteByByteAsync(RawClient client, ReadOnlyMemory<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            await client.SendAsync(bytes.Slice(i, 1));
        }
    }

    private static async Task AssertAnswersInOrderAsync(RawClient client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var reply = await client.ReadReplyAsync();
            Assert.Equal(200, reply.Status);
            Assert.Equal($"{i}", reply.Text);
        }
    }

    public sealed class OnSockets() : Pipelining(Engine.Sockets);

    public sealed class OnRio() : Pipelining(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : Pipelining(Engine.RioInline);

    public sealed class OnRioAdaptive() : Pipelining(Engine.RioAdaptive);
}
