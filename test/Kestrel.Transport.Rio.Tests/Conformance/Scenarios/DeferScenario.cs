using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class DeferScenario : Scenario
{
    private protected DeferScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void A_deferred_send_runs_only_after_the_commit()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);
        link.Queue.Send(memory.Slice(0, 10), requestContext: 1, RequestFlags.Defer);
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));
        Assert.Equal(0, link.Peer.Received);

        link.Queue.Commit();

        Main.CompletionOf(link, 1);
        Main.RunUntil(() => link.Peer.Received == 10, "the bytes");
    }

    [Fact]
    public void A_deferred_receive_runs_only_after_the_commit()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Peer.Write([1]);
        link.Queue.Receive(memory.All, requestContext: 1, RequestFlags.Defer);
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));

        link.Queue.Commit();

        Main.CompletionOf(link, 1);
    }

    [Fact]
    public void A_send_that_is_not_deferred_commits_those_before_it()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);
        link.Queue.Send(memory.Slice(0, 10), requestContext: 1, RequestFlags.Defer);
        link.Queue.Send(memory.Slice(10, 10), requestContext: 2, RequestFlags.Defer);

        link.Queue.Send(memory.Slice(20, 10), requestContext: 3);

        Main.CompletionOf(link, 3);
        Main.RunUntil(() => link.Peer.Received == 30, "the bytes");
        Assert.Equal(Bench.Bytes(4096)[..30], link.Peer.ReceivedBytes());
    }

    [Fact]
    public void A_send_deferred_behind_a_commit_waits_for_the_next()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);
        link.Queue.Send(memory.Slice(0, 10), requestContext: 1);
        link.Queue.Send(memory.Slice(10, 10), requestContext: 2, RequestFlags.Defer);
        Main.CompletionOf(link, 1);
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link, 2));

        link.Queue.Commit();

        Main.CompletionOf(link, 2);
        Main.RunUntil(() => link.Peer.Received == 20, "the bytes");
    }

    [Fact]
    public void CommitAll_starts_the_deferred_requests_of_every_queue()
    {
        var memory = Bench.AllocateFilled(4096);
        var links = new[] { Main.Connect(), Main.Connect() };
        for (var pass = 0UL; pass < 3; pass++)
        {
            for (var i = 0; i < links.Length; i++)
            {
                links[i].Queue.Send(memory.Slice(i * 20, 10), 2 * pass, RequestFlags.Defer);
                links[i].Queue.Send(memory.Slice((i * 20) + 10, 10), (2 * pass) + 1, RequestFlags.Defer);
            }

            Main.Queue.CommitAll();

            Assert.All(links, link => Main.CompletionOf(link, (2 * pass) + 1));
        }
    }

    [Fact]
    public void CommitAll_passes_over_a_queue_that_was_closed()
    {
        var memory = Bench.AllocateFilled(4096);
        var (closed, open) = (Main.Connect(), Main.Connect());
        closed.Queue.Receive(memory.Slice(0, 10), requestContext: 1, RequestFlags.Defer);
        open.Queue.Send(memory.Slice(10, 10), requestContext: 1, RequestFlags.Defer);
        closed.Queue.Close(CloseMode.Abortive);
        Main.CompletionOf(closed, 1);

        Main.Queue.CommitAll();

        Main.CompletionOf(open, 1);
    }

    [Fact]
    public void A_commit_of_nothing_does_nothing()
    {
        var link = Main.Connect();

        link.Queue.Commit();
        link.Queue.Commit();

        Assert.Equal(0, Main.Queue.Outstanding);
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));
    }
}
