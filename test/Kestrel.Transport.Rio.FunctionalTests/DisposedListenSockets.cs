namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>The application keeps the listening socket that it has given to the transport, and disposes it.</summary>
public abstract class DisposedListenSockets(Engine engine) : FunctionalTest(engine)
{
    private Socket? _listenSocket;

    /// <summary>The number of the handle that was closed is the next socket's.</summary>
    [Fact]
    public async Task Transport_leaves_other_sockets_of_the_application_alone()
    {
        var host = await StartAsync(Setup());
        await host.AssertServesAsync(Deadline);

        _listenSocket!.Dispose();

        for (var i = 0; i < 8; i++)
        {
            using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            other.Listen();
            using var client = await RawClient.ConnectAsync(other.LocalEndPoint!, Deadline);
            using var accepted = await other.AcceptAsync(Deadline);
            Assert.Equal(client.Socket.LocalEndPoint, accepted.RemoteEndPoint);
        }

        await host.StopAsync(Deadline);
    }

    /// <summary>Sockets accepts nothing more; Rio has a handle of its own, until the endpoint is unbound.</summary>
    [Fact]
    public async Task Endpoint_is_served_on_until_it_is_unbound()
    {
        var host = await StartAsync(Setup());
        using var before = await host.ConnectAsync(Deadline);
        await before.GetAsync("/");
        await before.ReadReplyAsync();

        _listenSocket!.Dispose();

        await before.GetAsync("/");
        Assert.Equal(200, (await before.ReadReplyAsync()).Status);
        var endPoint = new IPEndPoint(IPAddress.Loopback, host.Port);
        if (Engine == Engine.Sockets)
        {
            await RawClient.UntilRefusedAsync(endPoint, Deadline);
        }
        else
        {
            for (var i = 0; i < 40; i++)
            {
                await host.AssertServesAsync(Deadline);
            }
        }

        before.Dispose();
        await host.StopAsync(Deadline);
        await RawClient.UntilRefusedAsync(endPoint, Deadline);
    }

    private HostSetup Setup()
    {
        var setup = new HostSetup();
        setup.Transport.CreateBoundListenSocket = endPoint =>
        {
            _listenSocket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _listenSocket.Bind(endPoint);
            return _listenSocket;
        };
        return setup;
    }

    public sealed class OnSockets() : DisposedListenSockets(Engine.Sockets);

    public sealed class OnRio() : DisposedListenSockets(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : DisposedListenSockets(Engine.RioInline);

    public sealed class OnRioAdaptive() : DisposedListenSockets(Engine.RioAdaptive);
}
