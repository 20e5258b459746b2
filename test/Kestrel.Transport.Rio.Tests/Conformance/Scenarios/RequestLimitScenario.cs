using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class RequestLimitScenario : Scenario
{
    private protected RequestLimitScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Receive_beyond_the_limit_is_refused_without_a_completion()
    {
        var link = Main.Connect(maxReceives: 2);
        var memory = Bench.Allocate(4096);
        Assert.Equal(SocketError.Success, link.Queue.Receive(memory.Slice(0, 1), requestContext: 1));
        Assert.Equal(SocketError.Success, link.Queue.Receive(memory.Slice(1, 1), requestContext: 2));
        var outstanding = Main.Queue.Outstanding;

        Assert.Equal(SocketError.NoBufferSpaceAvailable, link.Queue.Receive(memory.Slice(2, 1), requestContext: 3));

        Assert.Equal(outstanding, Main.Queue.Outstanding);
        link.Peer.Write([1, 2, 3]);
        Main.CompletionOf(link, 2);
        Main.Fence();
        Assert.Equal([1UL, 2UL], Main.CompletionsOf(link).Select(result => result.RequestContext));
    }

    [Fact]
    public void Deferred_sends_count_against_the_limit()
    {
        var link = Main.Connect(maxSends: 3);
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(SocketError.Success, link.Queue.Send(memory.Slice(i, 1), (ulong)i, RequestFlags.Defer));
        }

        Assert.Equal(SocketError.NoBufferSpaceAvailable, link.Queue.Send(memory.Slice(3, 1), 3, RequestFlags.Defer));

        link.Queue.Commit();
        Main.RunUntil(() => link.Peer.Received == 3, "the bytes");
        Main.Fence();
        Assert.Equal([0UL, 1UL, 2UL], Main.CompletionsOf(link).Select(result => result.RequestContext));
        Assert.Equal(3, link.Peer.Received);
    }

    [Fact]
    public void Receives_and_sends_have_limits_of_their_own()
    {
        var link = Main.Connect(maxReceives: 1, maxSends: 1);
        var memory = Bench.Allocate(4096);

        Assert.Equal(SocketError.Success, link.Queue.Receive(memory.Slice(0, 1), requestContext: 1));
        Assert.Equal(SocketError.Success, link.Queue.Send(memory.Slice(1, 1), requestContext: 2));
        Assert.Equal(SocketError.NoBufferSpaceAvailable, link.Queue.Receive(memory.Slice(2, 1), requestContext: 3));
    }

    [Fact]
    public void Room_comes_back_when_the_completion_is_dequeued()
    {
        var link = Main.Connect(maxSends: 1);
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(SocketError.Success, link.Queue.Send(memory.Slice(0, 1), (ulong)i));
            Assert.Equal(SocketError.NoBufferSpaceAvailable, link.Queue.Send(memory.Slice(1, 1), 1000));
            Main.CompletionOf(link, (ulong)i);
        }

        Main.RunUntil(() => link.Peer.Received == 20, "the bytes");
    }

    [Fact]
    public void The_limits_can_be_read_back()
    {
        var link = Main.Connect(maxReceives: 3, maxSends: 5);

        Assert.Equal((3, 5), (link.Queue.MaxOutstandingReceives, link.Queue.MaxOutstandingSends));
    }
}
