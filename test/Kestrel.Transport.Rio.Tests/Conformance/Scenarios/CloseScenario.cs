using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class CloseScenario : Scenario
{
    private const int Stalling = 16 * 1024 * 1024;

    private protected CloseScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_request_outstanding_at_close_gives_exactly_one_completion(bool abortive)
    {
        var link = Main.Connect(maxReceives: 3, maxSends: 8);
        var memory = Bench.Allocate(Stalling + 4096);
        for (var i = 0UL; i < 3; i++)
        {
            link.Queue.Receive(memory.Slice((int)i * 10, 10), i);
        }

        link.Queue.Send(memory.Slice(4096, Stalling), requestContext: 10);
        for (var i = 11UL; i < 15; i++)
        {
            link.Queue.Send(memory.Slice((int)i * 10, 10), i, RequestFlags.Defer);
        }

        link.Queue.Commit();
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));

        link.Queue.Close(abortive ? CloseMode.Abortive : CloseMode.Graceful);

        Main.Drain();
        Assert.Equal(
            [0UL, 1UL, 2UL, 10UL, 11UL, 12UL, 13UL, 14UL],
            Main.CompletionsOf(link).Select(result => result.RequestContext).Order());
        Assert.All(
            Main.CompletionsOf(link).Where(result => result.RequestContext < 10),
            result => Assert.Equal((SocketError.OperationAborted, 0u), (result.Status, result.BytesTransferred)));

        // A send may have met the closing itself before it was aborted, and says so; what none of them may say is success.
        Assert.All(
            Main.CompletionsOf(link).Where(result => result.RequestContext >= 10),
            result => Assert.NotEqual(SocketError.Success, result.Status));
    }

    [Fact]
    public void Receive_that_never_reached_the_kernel_completes_at_close()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
        link.Queue.Send(memory.Slice(10, 10), requestContext: 2);

        link.Queue.Close(CloseMode.Abortive);

        Main.CompletionOf(link, 1);
        Main.CompletionOf(link, 2);
    }

    [Fact]
    public void Deferred_request_at_close_is_aborted_and_sends_nothing()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        link.Queue.Send(memory.Slice(0, 10), requestContext: 1, RequestFlags.Defer);
        link.Queue.Receive(memory.Slice(10, 10), requestContext: 2, RequestFlags.Defer);
        Main.Pass();

        link.Queue.Close(CloseMode.Graceful);

        Assert.Equal(new RioResult(SocketError.OperationAborted, 0, link.SocketContext, 1), Main.CompletionOf(link, 1));
        Assert.Equal(new RioResult(SocketError.OperationAborted, 0, link.SocketContext, 2), Main.CompletionOf(link, 2));
        Main.RunUntil(() => link.Peer.EndReceived, "the end");
        Assert.Equal(0, link.Peer.Received);
    }

    [Fact]
    public void A_second_close_does_nothing()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        Main.Pass();

        link.Queue.Close(CloseMode.Graceful);
        link.Queue.Close(CloseMode.Abortive);
        Main.Drain();
        link.Queue.Close(CloseMode.Graceful);

        Main.Drain();
        Assert.Single(Main.CompletionsOf(link));
    }

    [Fact]
    public void Requests_after_close_are_refused_and_give_no_completion()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Close(CloseMode.Graceful);

        Assert.Equal(SocketError.OperationAborted, link.Queue.Receive(memory.Slice(0, 1), requestContext: 1));
        Assert.Equal(SocketError.OperationAborted, link.Queue.Send(memory.Slice(1, 1), requestContext: 2));
        Assert.Equal(
            SocketError.OperationAborted, link.Queue.Send(memory.Slice(2, 1), requestContext: 3, RequestFlags.Defer));
        link.Queue.Commit();

        Main.Drain();
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));
    }

    [Fact]
    public void New_connection_sees_nothing_of_the_handles_former_owner()
    {
        var memory = Bench.Allocate(4096);
        for (var i = 0; i < 50; i++)
        {
            var old = Main.Connect();
            old.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
            Main.Pass();
            old.Queue.Close(CloseMode.Abortive);
            Main.Queue.Submit();

            var link = Main.Connect();
            link.Queue.Receive(memory.Slice(100, 10), requestContext: 1);
            link.Peer.Write([(byte)i]);

            Assert.Equal((SocketError.Success, 1u), (Main.CompletionOf(link, 1).Status, Main.CompletionOf(link, 1).BytesTransferred));
            Assert.Equal((byte)i, memory.Span[100]);
            Assert.Equal(SocketError.OperationAborted, Main.CompletionOf(old, 1).Status);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Request_posted_before_close_leaves_the_next_handle_owner_alone(bool handedOut)
    {
        var memory = Bench.Allocate(4096);
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        for (var i = 0; i < 20; i++)
        {
            var old = Main.Connect();
            if (handedOut)
            {
                _ = old.Queue.Socket;
            }

            var peer = Bench.Fixture.ConnectTo(listenSocket);
            peer.Write([1, 2, 3]);
            Main.Fence();
            old.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
            old.Queue.Close(CloseMode.Abortive);
            var link = Main.Own(Bench.Fixture.Accept(listenSocket), peer);
            Main.Queue.Submit();

            link.Queue.Receive(memory.Slice(100, 3), requestContext: 1);

            Assert.Equal(SocketError.OperationAborted, Main.CompletionOf(old, 1).Status);
            Main.CompletionOf(link, 1);
            Assert.Equal(1, memory.Span[100]);
        }
    }

    [Fact]
    public void The_sockets_of_many_connections_are_all_closed()
    {
        var memory = Bench.Allocate(4096);
        var links = Enumerable.Range(0, 100).Select(_ => Main.Connect()).ToArray();
        for (var i = 0; i < links.Length; i++)
        {
            links[i].Queue.Receive(memory.Slice(i, 1), requestContext: 1);
        }

        Main.Pass();
        foreach (var link in links)
        {
            link.Queue.Close(CloseMode.Graceful);
            link.Peer.StartReading();
        }

        Main.Drain();
        Assert.All(links, link => Assert.Single(Main.CompletionsOf(link)));
        Main.RunUntil(() => links.All(link => link.Peer.EndReceived), "the ends of all connections");
    }
}
