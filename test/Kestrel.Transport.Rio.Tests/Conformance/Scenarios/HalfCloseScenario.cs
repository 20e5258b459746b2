using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class HalfCloseScenario : Scenario
{
    private protected HalfCloseScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void ShutdownSend_shows_fin_and_receives_go_on()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);
        link.Queue.Send(memory.Slice(0, 10), requestContext: 1);
        Main.CompletionOf(link, 1);

        Assert.Equal(SocketError.Success, link.Queue.ShutdownSend());

        Main.RunUntil(() => link.Peer.EndReceived, "the fin");
        Assert.True(link.Peer.FinReceived);
        Assert.Equal(10, link.Peer.Received);
        link.Peer.Write([3]);
        link.Queue.Receive(memory.Slice(100, 100), requestContext: 2);
        Assert.Equal(1u, Main.CompletionOf(link, 2).BytesTransferred);
    }

    [Fact]
    public void A_receive_that_is_pending_survives_ShutdownSend()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        Main.Fence();

        link.Queue.ShutdownSend();
        Main.RunUntil(() => link.Peer.FinReceived, "the fin");
        Assert.Empty(Main.CompletionsOf(link));
        link.Peer.Write([3]);

        Assert.Equal((SocketError.Success, 1u), (Main.CompletionOf(link, 1).Status, Main.CompletionOf(link, 1).BytesTransferred));
    }

    [Fact]
    public void A_send_after_ShutdownSend_completes_with_an_error()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.ShutdownSend();

        Assert.Equal(SocketError.Success, link.Queue.Send(memory.All, requestContext: 1));

        Assert.NotEqual(SocketError.Success, Main.CompletionOf(link, 1).Status);
    }

    [Fact]
    public void Both_ends_can_finish_one_after_the_other()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        link.Queue.ShutdownSend();
        Main.RunUntil(() => link.Peer.FinReceived, "the fin");
        link.Peer.Finish();

        link.Queue.Receive(memory.All, requestContext: 1);
        Assert.Equal((SocketError.Success, 0u), (Main.CompletionOf(link, 1).Status, Main.CompletionOf(link, 1).BytesTransferred));
        link.Queue.Close(CloseMode.Graceful);
        Main.Drain();
        Assert.False(link.Peer.ResetReceived);
    }
}
