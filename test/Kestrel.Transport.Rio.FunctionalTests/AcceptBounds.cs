using Microsoft.Extensions.DependencyInjection;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Clients that come faster than Kestrel takes them up.</summary>
public abstract class AcceptBounds(Engine engine) : FunctionalTest(engine)
{
    /// <summary>What is accepted without being taken up; SECURITY.md has the number.</summary>
    private const int Bound = 64;

    /// <summary>How many more a provider may have accepted while it is told to stop.</summary>
    private const int UnderWay = 16;

    private const int Clients = 160;

    [Fact]
    public async Task Connections_that_Kestrel_does_not_take_up_wait_in_the_backlog()
    {
        var takesUp = new Signal();
        var setup = new HostSetup
        {
            Services = services =>
            {
                HeldTransportFactory.Hold(services, takesUp);
                services.Configure<RioTransportOptions>(static options => options.PollerCount = 1);
            },
        };
        var host = await StartAsync(setup.Listen(IPAddress.Loopback).Listen(IPAddress.Loopback));
        using var figures = new HostFigures(host.Services);
        var clients = new List<RawClient>();
        await ConnectAsync(host, clients, Bound);
        if (Engine != Engine.Sockets)
        {
            await Wait.UntilAsync(() => figures.Read("rio.connections.active") == Bound, Deadline);
            await AssertOtherEndpointServesAsync(host);
        }

        await ConnectAsync(host, clients, Clients - Bound);
        foreach (var client in clients)
        {
            await client.GetAsync("/text/waited");
        }

        await AssertOtherEndpointServesAsync(host);
        if (Engine != Engine.Sockets)
        {
            // The other endpoint's connection may be there still.
            Assert.InRange(figures.Read("rio.connections.active"), Bound, Bound + UnderWay + 2);
        }

        takesUp.Set();
        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Equal("waited", (await client.ReadReplyAsync()).Text);
            }
        }

        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task Stop_ends_connections_that_Kestrel_has_not_taken_up()
    {
        var takesUp = new Signal();
        var host = await StartAsync(new HostSetup { Services = services => HeldTransportFactory.Hold(services, takesUp) });
        var clients = new List<RawClient>();
        await ConnectAsync(host, clients, Clients);

        var stopping = host.StopAsync(Deadline);
        takesUp.Set();
        await stopping.InTimeAsync();

        foreach (var client in clients)
        {
            using (client)
            {
                Assert.Empty((await client.ReadToEndAsync()).Bytes);
            }
        }
    }

    private async Task ConnectAsync(TestHost host, List<RawClient> clients, int count)
    {
        for (var i = 0; i < count; i++)
        {
            clients.Add(await host.ConnectAsync(Deadline));
        }
    }

    /// <summary>And so the poller has made passes since the last change at the first one.</summary>
    private async Task AssertOtherEndpointServesAsync(TestHost host)
    {
        using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.PortOf(1)), Deadline);
        for (var i = 0; i < 3; i++)
        {
            await client.GetAsync("/");
            Assert.Equal(200, (await client.ReadReplyAsync()).Status);
        }
    }

    public sealed class OnSockets() : AcceptBounds(Engine.Sockets);

    public sealed class OnRio() : AcceptBounds(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : AcceptBounds(Engine.RioInline);

    public sealed class OnRioAdaptive() : AcceptBounds(Engine.RioAdaptive);
}
