namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>A request that its client cuts at every possible byte, by RST and by FIN: between two reads, in them, and at their ends.</summary>
public abstract class CutRequests(Engine engine) : FunctionalTest(engine)
{
    private const string Request = "POST /hash HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n";
    private const string Digest = "11 B94D27B9934D3E08A52E52D7DA7DABFAC484EFE37A5380EE9088F7ACE2EFCDE9";
    private const string WholeAnswer = "HTTP/1.1 200 ";
    private const string Refusal = "HTTP/1.1 400 ";
    private const string RentedBlocks = "rio.memory.blocks.rented";

    // Where connections wait for data with memory in hand, a poller keeps a block for the next one.
    private static readonly long s_spareBlocks = OperatingSystem.IsWindows() ? Environment.ProcessorCount : 0;

    private long _blocksBefore;

    // A connection for each byte, one after the other.
    protected override TimeSpan TimeLimit => 4 * Wait.Patience;

    [Fact]
    public async Task A_reset_behind_any_byte_of_a_request_ends_its_connection_and_nothing_else()
    {
        var watch = new ConnectionWatch();
        var host = await StartWatchedAsync(watch);
        for (var cut = 0; cut <= Request.Length; cut++)
        {
            using var client = await host.ConnectAsync(Deadline);
            await client.SendAsync(Request[..cut]);
            client.Reset();
        }

        await AssertAllEndAsync(host, watch, Request.Length + 1);
    }

    [Fact]
    public async Task Reset_behind_any_byte_ends_its_connection_only()
    {
        var watch = new ConnectionWatch();
        var host = await StartWatchedAsync(watch);
        for (var cut = 1; cut <= Request.Length; cut++)
        {
            using var client = await host.ConnectAsync(Deadline);

            // An answer that has come shows that what was sent with its request has been read.
            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + Request[..cut]);
            Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
            client.Reset();
        }

        await AssertAllEndAsync(host, watch, Request.Length);
    }

    [Fact]
    public async Task Fin_behind_any_byte_ends_the_connection_without_an_answer()
    {
        var watch = new ConnectionWatch();
        var host = await StartWatchedAsync(watch);
        for (var cut = 0; cut < Request.Length; cut++)
        {
            using var client = await host.ConnectAsync(Deadline);
            await client.SendAsync(Request[..cut]);
            client.Finish();

            var end = (await client.ReadToEndAsync()).Text;

            AssertBegins(end, Refusal, cut);
            Assert.True(cut > 0 || end.Length == 0, $"Nothing was asked, and the answer is {end}");
        }

        await AssertAllEndAsync(host, watch, Request.Length);
    }

    [Fact]
    public async Task Fin_after_an_answered_request_ends_the_connection()
    {
        var watch = new ConnectionWatch();
        var host = await StartWatchedAsync(watch);
        for (var cut = 0; cut < Request.Length; cut++)
        {
            using var client = await host.ConnectAsync(Deadline);
            await client.SendAsync(Request[..cut]);
            await client.SendAsync(Request[cut..]);

            Assert.Equal(Digest, (await client.ReadReplyAsync()).Text);
            client.Finish();

            Assert.Empty((await client.ReadToEndAsync()).Bytes);
        }

        await AssertAllEndAsync(host, watch, Request.Length);
    }

    /// <summary>To Kestrel a client that has sent FIN is gone, so it may cut the answer short, on Sockets too; it may not make it another one.</summary>
    [Fact]
    public async Task Fin_with_the_last_byte_gets_an_answer()
    {
        const int Connections = 50;
        var watch = new ConnectionWatch();
        var host = await StartWatchedAsync(watch);
        for (var i = 0; i < Connections; i++)
        {
            using var client = await host.ConnectAsync(Deadline);
            await client.SendAsync(Request);
            client.Finish();

            var end = (await client.ReadToEndAsync()).Text;

            AssertBegins(end, WholeAnswer, Request.Length);
            var head = end.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            Assert.True(head < 0 || Digest.StartsWith(end[(head + 4)..], StringComparison.Ordinal), $"The answer is {end}");
        }

        await AssertAllEndAsync(host, watch, Connections);
    }

    private static void AssertBegins(string answer, string expected, int cut)
    {
        var length = Math.Min(answer.Length, expected.Length);
        Assert.True(string.Equals(answer[..length], expected[..length], StringComparison.Ordinal), $"Cut behind {cut} bytes: the answer is {answer}");
    }

    private async Task<TestHost> StartWatchedAsync(ConnectionWatch watch)
    {
        var host = await StartAsync(new HostSetup { Watch = watch });

        // Kestrel, not the transport, says this at Error, on some runs and on Sockets too: see ClientResets.
        host.Logs.Expect(static entry => entry.Event.Name == "RequestBodyDrainBodyReaderInvalidState");

        // The handler of half a request: nobody is there any more to be told what has become of it.
        host.Logs.Expect(static entry => entry is { Event.Name: "ApplicationError", Exception: IOException or OperationCanceledException });

        // What a first connection leaves is there for the next ones.
        await host.AssertServesAsync(Deadline);
        await AssertEndsAsync(await watch.NextAsync(Deadline));
        if (Engine is RioEngine)
        {
            using var figures = new HostFigures(host.Services);
            await AwaitNoConnectionAsync(figures);
            _blocksBefore = Math.Max(figures.Read(RentedBlocks), s_spareBlocks);
        }

        return host;
    }

    /// <summary>Whatever of them was accepted has ended, and nothing of them is left.</summary>
    private async Task AssertAllEndAsync(TestHost host, ConnectionWatch watch, int connected)
    {
        await host.AssertServesAsync(Deadline);

        // Some resets overtake their own connection in the backlog, and it is never seen.
        Assert.InRange(watch.Count, 2, connected + 2);
        for (var left = watch.Count - 1; left > 0; left--)
        {
            await AssertEndsAsync(await watch.NextAsync(Deadline));
        }

        if (Engine is RioEngine)
        {
            using var figures = new HostFigures(host.Services);
            await AwaitNoConnectionAsync(figures);
            await Wait.UntilAsync(() => figures.Read(RentedBlocks) <= _blocksBefore, Deadline);
        }
    }

    private Task AwaitNoConnectionAsync(HostFigures figures) => Wait.UntilAsync(() => figures.Read("rio.connections.active") == 0, Deadline);

    private async Task AssertEndsAsync(WatchedConnection connection)
    {
        await connection.Finished.WaitAsync(Deadline);
        await connection.Closed.InTimeAsync();
        Assert.Equal(1, connection.ClosedCount);
    }

    public sealed class OnSockets() : CutRequests(Engine.Sockets);

    public sealed class OnRio() : CutRequests(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : CutRequests(Engine.RioInline);

    public sealed class OnRioAdaptive() : CutRequests(Engine.RioAdaptive);
}
