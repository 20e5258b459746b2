namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: a machine that allows little locked memory makes the server slower, never wrong and never stuck.</summary>
public sealed class RegisteredMemory() : FunctionalTest(Engine.RioOnThreadPool)
{
    [Theory]
    [InlineData(ApplicationScheduling.ThreadPool, true)]
    [InlineData(ApplicationScheduling.ThreadPool, false)]
    [InlineData(ApplicationScheduling.Inline, true)]
    [InlineData(ApplicationScheduling.Inline, false)]
    public async Task With_one_small_slab_forty_connections_get_each_its_own_bytes(ApplicationScheduling scheduling, bool waitForData)
    {
        const int Connections = 40;
        const long Length = 200_000;
        var host = Keep(TestHost.Build(new HostSetup(), builder => builder.WebHost.UseRio(options =>
        {
            options.Fallback = UnavailableBehavior.Throw;
            options.ApplicationScheduling = scheduling;
            options.WaitForDataBeforeAllocatingBuffer = waitForData;
            options.PollerCount = 1;
            options.SlabSize = 64 * 1024;
            options.MaxRegisteredMemory = 64 * 1024;
        })));
        await host.StartAsync(Deadline);

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
}
