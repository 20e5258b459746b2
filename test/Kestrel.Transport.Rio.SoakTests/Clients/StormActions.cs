using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Very many connections at once.</summary>
internal static class StormActions
{
    private const int MaxConnections = 150;

    public static IReadOnlyList<ConnectionAction> All { get; } = [new("connection storm", 1, StormAsync)];

    private static async Task StormAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        var seeds = Enumerable.Range(0, random.Next(1, MaxConnections)).Select(_ => random.Next()).ToList();
        await Task.WhenAll(seeds.Select(seed => ConnectAsync(server, new Random(seed), cancelled)));
    }

    private static async Task ConnectAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        EndPoint[] endPoints = [server.Http1, server.Http2, server.Tls];
        var endPoint = endPoints[random.Next(endPoints.Length)];
        var isHttp1 = endPoint.Equals(server.Http1);
        using var client = await RawClient.ConnectAsync(endPoint, cancelled);
        switch (random.Next(4))
        {
            case 0:
                client.Reset();
                break;
            case 1:
                client.Finish();
                var end = await client.ReadToEndAsync();
                if (isHttp1)
                {
                    Assert.Empty(end.Bytes);
                }

                break;
            case 2:
                // Right in one place, and in the others what no HTTP/2 and no TLS begins with.
                var salt = random.Next();
                await client.GetAsync(SoakRoutes.Path(SoakRoutes.Short, 0, salt));
                if (isHttp1)
                {
                    Expect.Greeting(await client.ReadReplyAsync(), salt);
                }

                break;
            default:
                break;
        }
    }
}
