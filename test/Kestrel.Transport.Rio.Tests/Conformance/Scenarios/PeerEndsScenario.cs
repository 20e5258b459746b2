using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class PeerEndsScenario : Scenario
{
    private protected PeerEndsScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Fin_is_success_with_0_bytes_and_is_said_again()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);

        link.Peer.Finish();

        Assert.Equal(new RioResult(SocketError.Success, 0, link.SocketContext, 1), Main.CompletionOf(link, 1));
        link.Queue.Receive(memory.All, requestContext: 2);
        Assert.Equal(new RioResult(SocketError.Success, 0, link.SocketContext, 2), Main.CompletionOf(link, 2));
    }

    [Fact]
    public void Bytes_before_the_fin_come_before_it()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Peer.Write([9]);
        link.Peer.Finish();
        Main.Fence();

        link.Queue.Receive(memory.All, requestContext: 1);
        Assert.Equal(1u, Main.CompletionOf(link, 1).BytesTransferred);
        link.Queue.Receive(memory.All, requestContext: 2);
        Assert.Equal(0u, Main.CompletionOf(link, 2).BytesTransferred);
    }

    [Fact]
    public void After_the_peers_fin_sends_still_arrive()
    {
        var link = Main.Connect();
        var memory = Bench.AllocateFilled(4096);
        link.Peer.Finish();
        link.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
        Main.CompletionOf(link, 1);

        link.Peer.StartReading();
        link.Queue.Send(memory.Slice(10, 100), requestContext: 2);

        Assert.Equal(SocketError.Success, Main.CompletionOf(link, 2).Status);
        Main.RunUntil(() => link.Peer.Received == 100, "the bytes");
    }

    [Fact]
    public void A_reset_is_ConnectionReset()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        Main.Fence();

        link.Peer.Reset();

        Assert.Equal(new RioResult(SocketError.ConnectionReset, 0, link.SocketContext, 1), Main.CompletionOf(link, 1));
    }

    [Fact]
    public void A_reset_before_the_receive_is_ConnectionReset_too()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Peer.Reset();
        Main.Fence();

        link.Queue.Receive(memory.All, requestContext: 1);

        Assert.Equal(SocketError.ConnectionReset, Main.CompletionOf(link, 1).Status);
    }

    [Fact]
    public void Reset_ends_a_send_that_waits_for_room()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(16 * 1024 * 1024);
        link.Queue.Send(memory.All, requestContext: 1);
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));

        link.Peer.Reset();

        var result = Main.CompletionOf(link, 1);
        Assert.NotEqual(SocketError.Success, result.Status);
        Assert.True(result.BytesTransferred < memory.All.Length);
    }

    [Fact]
    public void Sends_behind_a_reset_fail_one_by_one()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.Slice(0, 1), requestContext: 1);
        link.Peer.Reset();
        Main.CompletionOf(link, 1);

        for (var i = 2UL; i < 6; i++)
        {
            Assert.Equal(SocketError.Success, link.Queue.Send(memory.Slice((int)i * 100, 100), i));
        }

        for (var i = 2UL; i < 6; i++)
        {
            Assert.NotEqual(SocketError.Success, Main.CompletionOf(link, i).Status);
        }
    }
}
