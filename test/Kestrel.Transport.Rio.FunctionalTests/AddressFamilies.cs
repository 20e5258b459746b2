using Microsoft.AspNetCore.Http.Features;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Every kind of endpoint that Kestrel can be asked to listen on, and what its addresses look like from inside.</summary>
public abstract class AddressFamilies(Engine engine) : FunctionalTest(engine)
{
    [Fact]
    public async Task IPv4_loopback_serves_and_shows_its_real_port()
    {
        var host = await StartAsync(AddressTeller().Listen(IPAddress.Loopback));

        Assert.NotEqual(0, host.Port);
        Assert.Equal([$"http://127.0.0.1:{host.Port}"], host.Addresses);
        await AssertAddressesAsync(host, IPAddress.Loopback);
    }

    [Fact]
    public async Task IPv6_loopback_serves_and_shows_its_real_port()
    {
        SkipWithoutIPv6();
        var host = await StartAsync(AddressTeller().Listen(IPAddress.IPv6Loopback));

        Assert.NotEqual(0, host.Port);
        Assert.Equal([$"http://[::1]:{host.Port}"], host.Addresses);
        await AssertAddressesAsync(host, IPAddress.IPv6Loopback);
    }

    [Fact]
    public async Task Any_IPv4_address_serves()
    {
        var host = await StartAsync(AddressTeller().Listen(IPAddress.Any));

        await AssertAddressesAsync(host, IPAddress.Loopback);
    }

    [Fact]
    public async Task Any_IPv6_address_is_dual_mode_and_serves_both_families()
    {
        SkipWithoutIPv6();
        var host = await StartAsync(AddressTeller().Listen(IPAddress.IPv6Any));

        await AssertAddressesAsync(host, IPAddress.IPv6Loopback);
        await AssertAddressesAsync(host, IPAddress.Loopback, seenAs: IPAddress.Loopback.MapToIPv6());
    }

    [Fact]
    public async Task ListenAnyIP_serves_both_families()
    {
        SkipWithoutIPv6();
        var host = await StartAsync(AddressTeller().Endpoint((options, use) => options.ListenAnyIP(0, use)));

        await AssertAddressesAsync(host, IPAddress.IPv6Loopback);
        await AssertAddressesAsync(host, IPAddress.Loopback, seenAs: IPAddress.Loopback.MapToIPv6());
    }

    [Fact]
    public async Task An_IPv6_loopback_endpoint_does_not_take_the_IPv4_port()
    {
        SkipWithoutIPv6();
        var host = await StartAsync(AddressTeller().Listen(IPAddress.IPv6Loopback));

        var refused = await Assert.ThrowsAsync<SocketException>(
            () => RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.Port), Deadline));

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task Localhost_serves_both_families()
    {
        SkipWithoutIPv6();
        var port = FreePort.Next();
        var host = await StartAsync(AddressTeller().Endpoint((options, use) => options.ListenLocalhost(port, use)));

        Assert.Equal(port, host.Port);
        await AssertAddressesAsync(host, IPAddress.Loopback);
        await AssertAddressesAsync(host, IPAddress.IPv6Loopback);
    }

    [Fact]
    public async Task A_unix_domain_socket_serves_HttpClient()
    {
        using var path = new SocketPath();
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch }.ListenUnix(path.Value));
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path.Value), cancellationToken);
                return new NetworkStream(client.Socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);
        using var content = new PatternContent(1_000_000, chunked: true);

        using var response = await http.PostAsync(new Uri("http://localhost/hash"), content, Deadline);

        Assert.Equal(Pattern.Digest(1_000_000), await response.Content.ReadAsStringAsync(Deadline));
        Assert.Equal([$"http://unix:{path.Value}"], host.Addresses);
        var connection = await watch.NextAsync(Deadline);
        Assert.Equal(path.Value, Assert.IsType<UnixDomainSocketEndPoint>(connection.Context.LocalEndPoint).ToString());
        Assert.IsType<UnixDomainSocketEndPoint>(connection.Context.RemoteEndPoint);
        var server = Engine.ServesUnixSockets ? Engine : Engine.Sockets;
        Assert.Equal(server.ConnectionAssembly, connection.Context.GetType().Assembly.GetName().Name);
    }

    [Fact]
    public async Task The_file_of_a_unix_domain_socket_is_gone_after_a_stop()
    {
        using var path = new SocketPath();
        var host = await StartAsync(new HostSetup().ListenUnix(path.Value));
        Assert.True(File.Exists(path.Value));

        await host.StopAsync(Deadline);

        Assert.False(File.Exists(path.Value));
        var again = await StartAsync(new HostSetup().ListenUnix(path.Value));
        using var client = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path.Value), Deadline);
        await client.GetAsync("/");
        Assert.Equal(200, (await client.ReadReplyAsync()).Status);
        await again.StopAsync(Deadline);
    }

    [Fact]
    public async Task Resets_and_aborts_on_a_unix_domain_socket_end_it_and_nothing_else()
    {
        using var path = new SocketPath();
        var watch = new ConnectionWatch();
        await StartAsync(new HostSetup { Watch = watch }.ListenUnix(path.Value, listen => listen.Run(async connection =>
        {
            await connection.Transport.Input.ReadAsync(Deadline);
            connection.Abort(new ConnectionAbortedException("enough"));
        })));
        using var first = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path.Value), Deadline);
        first.Reset();
        await (await watch.NextAsync(Deadline)).Closed.InTimeAsync();

        using var second = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path.Value), Deadline);
        await second.SendAsync("x");

        Assert.Empty((await second.ReadToEndAsync()).Bytes);
        var connection = await watch.NextAsync(Deadline);
        await connection.Closed.InTimeAsync();
        Assert.Equal(1, connection.ClosedCount);
    }

    [Fact]
    public async Task An_inherited_listen_handle_is_served()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var handle = (ulong)listener.Handle;
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var host = await StartAsync(AddressTeller().Endpoint((options, use) => options.ListenHandle(handle, use)));

        using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Deadline);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.Equal($"127.0.0.1:{port} {client.Socket.LocalEndPoint}", (await client.ReadReplyAsync()).Text);
        await host.StopAsync(Deadline);
    }

    private static HostSetup AddressTeller() => new()
    {
        App = context =>
        {
            var feature = context.Features.GetRequiredFeature<IHttpConnectionFeature>();
            var local = new IPEndPoint(feature.LocalIpAddress!, feature.LocalPort);
            var remote = new IPEndPoint(feature.RemoteIpAddress!, feature.RemotePort);
            return context.Response.WriteAsync($"{local} {remote}", context.RequestAborted);
        },
    };

    private async Task AssertAddressesAsync(TestHost host, IPAddress address, IPAddress? seenAs = null)
    {
        using var client = await RawClient.ConnectAsync(new IPEndPoint(address, host.Port), Deadline);
        await client.GetAsync("/");

        var remotePort = ((IPEndPoint)client.Socket.LocalEndPoint!).Port;
        var expected = seenAs ?? address;
        Assert.Equal(
            $"{new IPEndPoint(expected, host.Port)} {new IPEndPoint(expected, remotePort)}", (await client.ReadReplyAsync()).Text);
    }

    private static void SkipWithoutIPv6() =>
        Assert.SkipUnless(Socket.OSSupportsIPv6, "not on this machine: IPv6 is switched off.");

    public sealed class OnSockets() : AddressFamilies(Engine.Sockets);

    public sealed class OnRio() : AddressFamilies(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : AddressFamilies(Engine.RioInline);

    public sealed class OnRioAdaptive() : AddressFamilies(Engine.RioAdaptive);
}
