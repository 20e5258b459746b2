namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// The address of a connection's peer. Access lists and rate limiters rest on it, and take a missing one for a local peer.
/// </summary>
public abstract class PeerAddresses(Engine engine) : FunctionalTest(engine)
{
    /// <summary>A peer that resets takes its address away from the socket, also where the server still has its request.</summary>
    [Fact]
    public async Task RemoteEndPoint_of_an_early_reset_is_known()
    {
        const int Resets = 100;
        var watch = new ConnectionWatch();
        var requestsWithoutAddress = 0;
        var host = await StartAsync(new HostSetup
        {
            Watch = watch,
            App = context =>
            {
                if (context.Connection.RemoteIpAddress is null)
                {
                    Interlocked.Increment(ref requestsWithoutAddress);
                }

                return TestApp.HandleAsync(context);
            },
        });
        var peers = new HashSet<EndPoint>();
        for (var i = 0; i < Resets; i++)
        {
            using var client = await host.ConnectAsync(Deadline);
            peers.Add(client.Socket.LocalEndPoint!);
            if (i % 2 == 0)
            {
                await client.GetAsync("/");
            }

            client.Reset();
        }

        using var last = await host.ConnectAsync(Deadline);
        peers.Add(last.Socket.LocalEndPoint!);
        await last.GetAsync("/");
        await last.ReadReplyAsync();

        // Not every kernel hands out a connection that was reset in the backlog.
        EndPoint? peer;
        do
        {
            peer = (await watch.NextAsync(Deadline)).Context.RemoteEndPoint;
            Assert.NotNull(peer);
            Assert.Contains(peer, peers);
        }
        while (!peer.Equals(last.Socket.LocalEndPoint));

        Assert.Equal(0, requestsWithoutAddress);
    }

    [Fact]
    public async Task RemoteEndPoint_of_an_unnamed_unix_peer_has_no_path()
    {
        Assert.Equal("", await UnixPeerAsync(boundTo: null));
    }

    [Fact]
    public async Task RemoteEndPoint_of_a_named_unix_peer_is_its_path()
    {
        using var path = new SocketPath();

        Assert.Equal(path.Value, await UnixPeerAsync(path.Value));
    }

    /// <summary>With 107 bytes a zero still follows; with 108 none does, and the kernel counts it all the same.</summary>
    [Theory]
    [InlineData(107)]
    [InlineData(108)]
    public async Task RemoteEndPoint_of_a_unix_peer_with_the_longest_path_is_complete(int length)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: the length of a path is Linux's.");
        if (Engine == Engine.Sockets)
        {
            // Accepting throws there, and the endpoint accepts nothing more.
            return;
        }

        var path = Path.Combine(Path.GetTempPath(), "rio-").PadRight(length - 32, 'p') + Guid.NewGuid().ToString("N");
        try
        {
            Assert.Equal(path, await UnixPeerAsync(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What a server calls a client that is bound to a path, or to none.</summary>
    private async Task<string?> UnixPeerAsync(string? boundTo)
    {
        using var path = new SocketPath();
        var watch = new ConnectionWatch();
        await StartAsync(new HostSetup { Watch = watch }.ListenUnix(path.Value));
        using var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path.Value), Deadline, socket =>
        {
            if (boundTo is not null)
            {
                socket.Bind(new RawUnixEndPoint(boundTo));
            }
        });
        await client.GetAsync("/");
        Assert.Equal(200, (await client.ReadReplyAsync()).Status);

        var connection = await watch.NextAsync(Deadline);
        return Assert.IsType<UnixDomainSocketEndPoint>(connection.Context.RemoteEndPoint).ToString();
    }

    public sealed class OnSockets() : PeerAddresses(Engine.Sockets);

    public sealed class OnRio() : PeerAddresses(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : PeerAddresses(Engine.RioInline);

    public sealed class OnRioAdaptive() : PeerAddresses(Engine.RioAdaptive);
}
