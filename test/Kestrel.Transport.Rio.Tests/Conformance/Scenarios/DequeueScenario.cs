using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class DequeueScenario : Scenario
{
    private protected DequeueScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Small_batch_leaves_the_rest_for_the_next()
    {
        const int Count = 20;
        var memory = Bench.Allocate(4096);
        var links = Enumerable.Range(0, Count).Select(_ => Main.Connect()).ToArray();
        for (var i = 0; i < Count; i++)
        {
            links[i].Queue.Receive(memory.Slice(i, 1), requestContext: 1);
            links[i].Peer.Write([1]);
        }

        var seen = new List<RioResult>();
        var batch = new RioResult[3];
        var deadline = new Deadline();
        while (seen.Count < Count)
        {
            Assert.False(deadline.IsOver);
            Main.Queue.Wait(TimeSpan.FromMilliseconds(1));
            int count;
            while ((count = Main.Queue.Dequeue(batch)) > 0)
            {
                Assert.InRange(count, 1, 3);
                seen.AddRange(batch[..count]);
            }
        }

        Assert.Equal(links.Select(link => link.SocketContext), seen.Select(result => result.SocketContext).Order());
    }

    [Fact]
    public void Sends_that_complete_together_are_taken_one_by_one()
    {
        const int Count = 30;
        var link = Main.Connect(maxSends: Count);
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        for (var i = 0; i < Count; i++)
        {
            link.Queue.Send(memory.Slice(i, 1), (ulong)i, RequestFlags.Defer);
        }

        link.Queue.Commit();
        Main.Queue.Submit();
        Main.RunUntilQuietly(() => link.Peer.Received == Count, "the bytes");
        var single = new RioResult[1];
        var deadline = new Deadline();
        for (var i = 0UL; i < Count; i++)
        {
            while (Main.Queue.Dequeue(single) == 0)
            {
                Assert.False(deadline.IsOver);
                Main.Queue.Wait(TimeSpan.FromMilliseconds(1));
            }

            Assert.Equal(i, single[0].RequestContext);
        }

        Assert.Equal(0, Main.Queue.Outstanding);
    }

    [Fact]
    public void A_queue_with_nothing_on_it_gives_nothing()
    {
        Assert.Equal(0, Main.Queue.Dequeue(new RioResult[4]));
        Assert.Equal(0, Main.Queue.Dequeue([]));
    }

    [Fact]
    public void SendAtOnce_without_room_takes_nothing()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        link.Peer.Write([1]);
        Main.Queue.Wait(Deadline.Length);

        Assert.Equal(0, Main.Queue.Dequeue([]));

        Main.CompletionOf(link, 1);
    }
}
