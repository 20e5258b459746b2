namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Starts that must work, and starts that must fail with words that help.</summary>
public abstract class Binding(Engine engine) : FunctionalTest(engine)
{
    [Fact]
    public async Task An_endpoint_can_be_bound_again_after_a_stop()
    {
        var first = await StartAsync();
        var port = first.Port;
        using var client = await first.ConnectAsync(Deadline);
        await client.GetAsync("/");
        await client.ReadReplyAsync();
        await first.StopAsync(Deadline);

        for (var again = 0; again < 3; again++)
        {
            var next = await StartAsync(new HostSetup().Listen(IPAddress.Loopback, port: port));
            Assert.Equal(port, next.Port);
            await next.AssertServesAsync(Deadline);
            await next.StopAsync(Deadline);
        }
    }

    [Fact]
    public async Task Endpoints_of_one_host_are_served_apart()
    {
        var setup = new HostSetup()
            .Listen(IPAddress.Loopback, listen => listen.Run(connection => SayAsync(connection, "first")))
            .Listen(IPAddress.Loopback, listen => listen.Run(connection => SayAsync(connection, "second")));
        var host = await StartAsync(setup);

        Assert.NotEqual(host.PortOf(0), host.PortOf(1));
        foreach (var (endpoint, greeting) in new[] { (0, "first"), (1, "second"), (0, "first") })
        {
            using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.PortOf(endpoint)), Deadline);
            Assert.Equal(greeting, (await client.ReadToEndAsync()).Text);
        }
    }

    [Fact]
    public async Task Two_hosts_in_one_process_do_not_meet()
    {
        var first = await StartRawAsync(connection => SayAsync(connection, "first"));
        var second = await StartRawAsync(connection => SayAsync(connection, "second"));

        using var client = await second.ConnectAsync(Deadline);
        Assert.Equal("second", (await client.ReadToEndAsync()).Text);
        await second.StopAsync(Deadline);

        using var other = await first.ConnectAsync(Deadline);
        Assert.Equal("first", (await other.ReadToEndAsync()).Text);
    }

    [Fact]
    public async Task A_port_in_use_is_an_IOException_that_names_the_endpoint()
    {
        var first = await StartAsync();
        var second = Build(new HostSetup().Listen(IPAddress.Loopback, port: first.Port));
        second.Logs.Expect(entry => entry.Exception is IOException);

        var exception = await Assert.ThrowsAsync<IOException>(() => second.StartAsync(Deadline));

        Assert.Contains($"127.0.0.1:{first.Port}", exception.Message, StringComparison.Ordinal);
        Assert.IsType<AddressInUseException>(exception.InnerException);
        await first.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task A_start_that_fails_at_the_second_endpoint_gives_the_first_one_back()
    {
        var occupied = await StartAsync();
        var free = FreePort.Next();
        var failing = Build(new HostSetup()
            .Listen(IPAddress.Loopback, port: free)
            .Listen(IPAddress.Loopback, port: occupied.Port));
        failing.Logs.Expect(entry => entry.Exception is IOException);
        await Assert.ThrowsAsync<IOException>(() => failing.StartAsync(Deadline));
        await failing.DisposeAsync();

        var host = await StartAsync(new HostSetup().Listen(IPAddress.Loopback, port: free));

        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task An_address_that_is_not_this_machines_is_a_SocketException()
    {
        // From the block reserved for documentation: nobody has it.
        var host = Build(new HostSetup().Listen(IPAddress.Parse("203.0.113.77")));
        host.Logs.Expect(entry => entry.Exception is SocketException);

        var exception = await Assert.ThrowsAsync<SocketException>(() => host.StartAsync(Deadline));

        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);

        // Sockets leaves it to the user to find out which endpoint it was.
        Assert.Equal(Engine != Engine.Sockets, exception.Message.Contains("203.0.113.77", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_socket_path_in_a_directory_that_does_not_exist_is_a_SocketException()
    {
        var host = Build(new HostSetup().ListenUnix("/nonexistent/directory/kestrel.sock"));
        host.Logs.Expect(entry => entry.Exception is SocketException);

        var exception = await Assert.ThrowsAsync<SocketException>(() => host.StartAsync(Deadline));

        // Sockets, which may also serve in Rio's place, leaves it to the user to find out which endpoint it was.
        var isRio = Engine != Engine.Sockets && Engine.ServesUnixSockets;
        Assert.Equal(isRio, exception.Message.Contains("/nonexistent/directory", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_socket_path_in_use_is_an_IOException_that_names_the_endpoint()
    {
        using var path = new SocketPath();
        await StartAsync(new HostSetup().ListenUnix(path.Value));
        var second = Build(new HostSetup().ListenUnix(path.Value));
        second.Logs.Expect(entry => entry.Exception is IOException);

        var exception = await Assert.ThrowsAsync<IOException>(() => second.StartAsync(Deadline));

        Assert.Contains(path.Value, exception.Message, StringComparison.Ordinal);
    }

    private async Task SayAsync(ConnectionContext connection, string greeting) =>
        await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(greeting), Deadline);

    public sealed class OnSockets() : Binding(Engine.Sockets);

    public sealed class OnRio() : Binding(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : Binding(Engine.RioInline);

    public sealed class OnRioAdaptive() : Binding(Engine.RioAdaptive);
}
