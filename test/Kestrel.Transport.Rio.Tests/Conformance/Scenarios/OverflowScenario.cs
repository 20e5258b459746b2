using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class OverflowScenario : Scenario
{
    private protected OverflowScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Completions_that_nobody_takes_for_long_are_not_lost()
    {
        // Made small, so that the kernel maps little. Then everything is asked for at the same time.
        const int Count = 1100;
        var driver = Bench.NewDriver(capacity: 8);
        Assert.Equal(SocketError.Success, driver.Queue.Resize(4 * Count));
        var memory = Bench.Allocate(2 * Count);
        var links = Enumerable.Range(0, Count).Select(_ => driver.Connect(maxReceives: 1, maxSends: 1)).ToArray();
        for (var i = 0; i < Count; i++)
        {
            links[i].Queue.Receive(memory.Slice(2 * i, 1), requestContext: 1);
            links[i].Queue.Send(memory.Slice((2 * i) + 1, 1), requestContext: 2);
            links[i].Peer.Write([(byte)i]);
        }

        driver.Queue.Submit();
        using (var other = new QueueDriver(Bench, 64, firstContext: 1))
        {
            other.Fence();
        }

        driver.RunUntil(() => driver.Seen.Count >= 2 * Count, "all completions");

        Assert.Equal(2 * Count, driver.Seen.Count);
        for (var i = 0; i < Count; i++)
        {
            Assert.Equal((byte)i, memory.Span[2 * i]);
        }
    }
}
