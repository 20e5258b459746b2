using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class OutstandingScenario : Scenario
{
    private protected OutstandingScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Outstanding_counts_a_request_until_its_completion_is_dequeued()
    {
        var link = Main.Connect(maxReceives: 1, maxSends: 4);
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        Assert.Equal(0, Main.Queue.Outstanding);
        link.Queue.Receive(memory.Slice(0, 1), requestContext: 1);
        Assert.Equal(1, Main.Queue.Outstanding);
        Assert.NotEqual(SocketError.Success, link.Queue.Receive(memory.Slice(1, 1), requestContext: 2));
        Assert.Equal(1, Main.Queue.Outstanding);
        link.Queue.Send(memory.Slice(2, 1), requestContext: 3, RequestFlags.Defer);
        link.Queue.Send(memory.Slice(3, 1), requestContext: 4);
        Assert.Equal(3, Main.Queue.Outstanding);
        Assert.Equal((1, 2), (link.Queue.OutstandingReceives, link.Queue.OutstandingSends));

        Main.CompletionOf(link, 4);

        Assert.Equal(1, Main.Queue.Outstanding);
        link.Peer.Write([1]);
        Main.CompletionOf(link, 1);
        Assert.Equal(0, Main.Queue.Outstanding);
        Assert.Equal(0, link.Queue.Outstanding);
    }

    [Fact]
    public void Queue_with_outstanding_requests_refuses_disposal_and_works_on()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        Main.Pass();

        Assert.Throws<InvalidOperationException>(Main.Queue.Dispose);

        link.Peer.Write([1]);
        Main.CompletionOf(link, 1);
    }

    [Fact]
    public void Outstanding_returns_to_0_after_close()
    {
        var memory = Bench.Allocate(4096);
        for (var i = 0; i < 30; i++)
        {
            var link = Main.Connect();
            if (i % 3 != 0)
            {
                link.Queue.Receive(memory.Slice(i, 1), requestContext: 1);
            }

            if (i % 2 != 0)
            {
                Main.Pass();
            }

            link.Queue.Close(i % 5 == 0 ? CloseMode.Abortive : CloseMode.Graceful);
        }

        Main.Drain();
        Assert.Equal(20, Main.Seen.Count);
        Assert.Equal(0, Main.Queue.Charged);
    }
}
