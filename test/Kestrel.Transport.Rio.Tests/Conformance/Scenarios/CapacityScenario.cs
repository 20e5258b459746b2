using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class CapacityScenario : Scenario
{
    private protected CapacityScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void A_request_queue_charges_its_limits()
    {
        var driver = Bench.NewDriver(capacity: 100);

        driver.Connect(maxReceives: 3, maxSends: 4);
        driver.Connect(maxReceives: 1, maxSends: 2);

        Assert.Equal((100, 10), (driver.Queue.Capacity, driver.Queue.Charged));
    }

    [Fact]
    public void Request_queue_beyond_the_capacity_is_refused_and_closed()
    {
        var driver = Bench.NewDriver(capacity: 10);
        driver.Connect(maxReceives: 4, maxSends: 4);
        using var peer = Bench.Connect(out var accepted);

        var error = driver.Queue.CreateRequestQueue(accepted, socketContext: 1, 2, 1, out var requestQueue);

        Assert.Equal(SocketError.NoBufferSpaceAvailable, error);
        Assert.Null(requestQueue);
        Assert.Equal(8, driver.Queue.Charged);
        peer.StartReading();
        driver.RunUntil(() => peer.EndReceived, "the end of the refused connection");
    }

    [Fact]
    public void Request_queue_fits_after_a_resize()
    {
        var driver = Bench.NewDriver(capacity: 2);
        driver.Connect(maxReceives: 1, maxSends: 1);

        Assert.Equal(SocketError.Success, driver.Queue.Resize(1000));

        Assert.Equal(1000, driver.Queue.Capacity);
        var link = driver.Connect(maxReceives: 400, maxSends: 400);
        var memory = Bench.Allocate(4096);
        link.Peer.Write([1]);
        link.Queue.Receive(memory.All, requestContext: 1);
        driver.CompletionOf(link, 1);
    }

    [Fact]
    public void Resize_below_the_charge_is_refused()
    {
        var driver = Bench.NewDriver(capacity: 100);
        driver.Connect(maxReceives: 5, maxSends: 5);

        Assert.Equal(CompletionQueue.TooManyReferences, driver.Queue.Resize(9));
        Assert.Equal(100, driver.Queue.Capacity);
        Assert.Equal(SocketError.Success, driver.Queue.Resize(10));
        Assert.Equal(10, driver.Queue.Capacity);
    }

    [Fact]
    public void Charge_of_a_closed_queue_returns_with_its_last_completion()
    {
        var driver = Bench.NewDriver(capacity: 10);
        var link = driver.Connect(maxReceives: 5, maxSends: 5);
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        driver.Pass();

        link.Queue.Close(CloseMode.Abortive);
        Assert.Equal(10, driver.Queue.Charged);

        driver.CompletionOf(link, 1);
        driver.Drain();
        Assert.Equal(0, driver.Queue.Charged);
        driver.Connect(maxReceives: 5, maxSends: 5);
    }

    [Fact]
    public void Charge_of_an_idle_queue_returns_at_close()
    {
        var driver = Bench.NewDriver(capacity: 2);
        for (var i = 0; i < 20; i++)
        {
            var link = driver.Connect(maxReceives: 1, maxSends: 1);
            link.Queue.Close(CloseMode.Abortive);
            driver.Drain();
        }

        Assert.Equal(0, driver.Queue.Charged);
    }
}
