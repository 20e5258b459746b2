namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: a machine that allows little locked memory makes the server slower, never wrong and never stuck.</summary>
public sealed class RegisteredMemory() : FunctionalTest(Engine.RioOnThreadPool)
{
    private const int MemoryLimit = 64 * 1024;

    [Theory]
    [InlineData(ApplicationScheduling.ThreadPool, true)]
    [InlineData(ApplicationScheduling.ThreadPool, false)]
    [InlineData(ApplicationScheduling.Inline, true)]
    [InlineData(ApplicationScheduling.Inline, false)]
    [InlineData(ApplicationScheduling.Adaptive, true)]
    [InlineData(ApplicationScheduling.Adaptive, false)]
    public async Task With_one_small_slab_forty_connections_get_each_its_own_bytes(ApplicationScheduling scheduling, bool waitForData)
    {
        const int Connections = 40;
        const long Length = 200_000;
        var host = await StartWithOneSmallSlabAsync(scheduling, waitForData);

        var digests = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async i =>
        {
            using var content = new PatternContent(Length + i, chunked: i % 2 == 0);
            using var request = new HttpRequestMessage(HttpMethod.Post, "echo") { Content = content };
            using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Deadline);
            await using var body = await response.Content.ReadAsStreamAsync(Deadline);
            return await Pattern.DigestAsync(body, Deadline);
        }));

        Assert.Equal(Enumerable.Range(0, Connections).Select(i => Pattern.Digest(Length + i)), digests);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(6000)]
    public async Task When_every_block_holds_half_a_request_the_other_halves_are_still_received(int firstHalf)
    {
        const int Connections = 24;
        var host = await StartWithOneSmallSlabAsync(ApplicationScheduling.ThreadPool, waitForData: true);
        var clients = new List<RawClient>();
        for (var i = 0; i < Connections; i++)
        {
            clients.Add(await host.ConnectAsync(Deadline));
        }

        // The slab has 16 blocks, and each connection's first half takes one; 6,000 bytes do not end in it, so that the
        // transport has to go beyond its limit to get on at all.
        var half = "GET /text/whole HTTP/1.1\r\nHost: x\r\nX-Filler: ".PadRight(firstHalf, 'x');
        await Task.WhenAll(clients.Select(client => client.SendAsync(half)));
        await Task.WhenAll(clients.Select(client => client.SendAsync("\r\nConnection: close\r\n\r\n")));

        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Equal("whole", (await client.ReadReplyAsync()).Text);
            }
        }
    }

    [Theory]
    [InlineData(ApplicationScheduling.ThreadPool, true)]
    [InlineData(ApplicationScheduling.Inline, true)]
    [InlineData(ApplicationScheduling.Adaptive, true)]
    [InlineData(ApplicationScheduling.Adaptive, false)]
    public async Task Connections_that_return_memory_go_on_beside_half_requests(ApplicationScheduling scheduling, bool waitForData)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux(), "not on this machine: Winsock receives into registered memory alone, and waits for relief.");
        const int HalfRequests = 200;
        const int Requests = 500;
        var host = await StartWithOneSmallSlabAsync(scheduling, waitForData);
        using var figures = new HostFigures(host.Services);
        using var good = await host.ConnectAsync(Deadline);
        await AssertAnsweredAsync(good);
        var clients = await Task.WhenAll(Enumerable.Range(0, HalfRequests).Select(_ => host.ConnectAsync(Deadline)));

        // More than a block of each, so that most wait for memory; and one sends on until nobody takes any more from it.
        var half = "GET /text/whole HTTP/1.1\r\nHost: x\r\nX-Filler: ".PadRight(6000, 'x');
        await Task.WhenAll(clients.Select(client => client.SendAsync(half)));
        await Wait.UntilAsync(() => figures.Read("rio.memory.blocks.rented") >= MemoryLimit / 4096, Deadline);
        var endless = clients[^1].SendAsync(new byte[64 * 1024 * 1024]);

        for (var i = 0; i < Requests; i++)
        {
            await AssertAnsweredAsync(good);
        }

        Assert.Equal(MemoryLimit, figures.Read("rio.memory.registered"));
        Assert.False(endless.IsCompleted, "A peer without memory for its data was not held back.");
        Array.ForEach(clients, static client => client.Reset());
        await Assert.ThrowsAnyAsync<Exception>(() => endless);
        await AssertAnsweredAsync(good);
    }

    private static async Task AssertAnsweredAsync(RawClient client)
    {
        await client.GetAsync("/text/whole");
        Assert.Equal("whole", (await client.ReadReplyAsync()).Text);
    }

    /// <summary>16 blocks for everything that is received.</summary>
    private async Task<TestHost> StartWithOneSmallSlabAsync(ApplicationScheduling scheduling, bool waitForData)
    {
        var host = Keep(TestHost.Build(new HostSetup(), builder => builder.WebHost.UseRio(options =>
        {
            options.Fallback = UnavailableBehavior.Throw;
            options.ApplicationScheduling = scheduling;
            options.WaitForDataBeforeAllocatingBuffer = waitForData;
            options.PollerCount = 1;
            options.SlabSize = MemoryLimit;
            options.MaxRegisteredMemory = MemoryLimit;
        })));
        await host.StartAsync(Deadline);
        return host;
    }
}
