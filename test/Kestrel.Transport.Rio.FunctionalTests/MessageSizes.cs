namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Bodies around the sizes of blocks and slabs, and far beyond the limits of both pipes, by their hash.</summary>
public abstract class MessageSizes(Engine engine) : FunctionalTest(engine)
{
    private const int Mebibyte = 1024 * 1024;

    public static TheoryData<long, bool> Shapes =>
        new MatrixTheoryData<long, bool>([0, 1, 4095, 4096, 4097, 64 * 1024, Mebibyte], [false, true]);

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_request_body_arrives_as_it_was_sent(long length, bool chunked)
    {
        var host = await StartAsync();

        Assert.Equal(Pattern.Digest(length), await host.Http.UploadAsync(length, chunked, Deadline));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_response_body_arrives_as_it_was_sent(long length, bool chunked)
    {
        var host = await StartAsync();

        Assert.Equal(Pattern.Digest(length), await host.Http.DownloadAsync(length, chunked, Deadline));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_body_that_is_echoed_while_it_comes_in_arrives_as_it_was_sent(long length, bool chunked)
    {
        var host = await StartAsync();
        using var content = new PatternContent(length, chunked);
        using var request = new HttpRequestMessage(HttpMethod.Post, "echo") { Content = content };

        using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Deadline);

        await using var body = await response.Content.ReadAsStreamAsync(Deadline);
        Assert.Equal(Pattern.Digest(length), await Pattern.DigestAsync(body, Deadline));
    }

    [Fact]
    public async Task Bodies_of_64_MiB_arrive_as_they_were_sent_both_ways()
    {
        const long Length = 64 * Mebibyte;
        var host = await StartAsync(new HostSetup
        {
            Kestrel = options =>
            {
                options.Limits.MaxRequestBodySize = Length;

                // A machine that is busy besides may keep the client away for longer than the five seconds of grace.
                options.Limits.MinRequestBodyDataRate = null;
                options.Limits.MinResponseDataRate = null;
            },
        });
        var expected = Pattern.Digest(Length);

        Assert.Equal(expected, await host.Http.UploadAsync(Length, chunked: false, Deadline));
        Assert.Equal(expected, await host.Http.DownloadAsync(Length, chunked: false, Deadline));
    }

    [Fact]
    public async Task Hundred_connections_get_their_own_bytes()
    {
        const int Connections = 100;
        var watch = new ConnectionWatch();
        var everybodyIsIn = new Signal();
        var arrived = 0;
        var host = await StartAsync(new HostSetup
        {
            Watch = watch,
            App = async context =>
            {
                // Holds each request until all are there, so that the client cannot do with fewer connections.
                if (Interlocked.Increment(ref arrived) == Connections)
                {
                    everybodyIsIn.Set();
                }

                await everybodyIsIn.WaitAsync(context.RequestAborted);
                await TestApp.HandleAsync(context);
            },
        });

        var digests = await Task.WhenAll(Enumerable.Range(0, Connections).Select(
            i => i % 2 == 0
                ? host.Http.UploadAsync(1000 * i, chunked: false, Deadline)
                : host.Http.DownloadAsync(1000 * i, chunked: true, Deadline)));

        Assert.Equal(Enumerable.Range(0, Connections).Select(i => Pattern.Digest(1000 * i)), digests);
        Assert.Equal(Connections, watch.Count);
    }

    public sealed class OnSockets() : MessageSizes(Engine.Sockets);

    public sealed class OnRio() : MessageSizes(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : MessageSizes(Engine.RioInline);

    public sealed class OnRioAdaptive() : MessageSizes(Engine.RioAdaptive);
}
