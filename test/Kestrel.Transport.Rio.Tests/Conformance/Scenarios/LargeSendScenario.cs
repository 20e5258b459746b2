using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class LargeSendScenario : Scenario
{
    // Far more than the loopback and both socket buffers hold.
    private const int Large = 16 * 1024 * 1024;

    private protected LargeSendScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Large_send_completes_in_full_once_the_peer_reads()
    {
        var link = Main.Connect();
        var memory = Bench.AllocateFilled(Large);
        link.Queue.Send(memory.All, requestContext: 1);
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));

        link.Peer.StartReading();

        Assert.Equal(new RioResult(SocketError.Success, Large, link.SocketContext, 1), Main.CompletionOf(link, 1));
        Main.RunUntil(() => link.Peer.Received == Large, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Large_sends_that_are_committed_together_complete_in_full()
    {
        const int Count = 8;
        const int Part = Large / Count;
        var link = Main.Connect();
        var memory = Bench.AllocateFilled(Large);
        for (var i = 0; i < Count; i++)
        {
            link.Queue.Send(memory.Slice(i * Part, Part), (ulong)i, RequestFlags.Defer);
        }

        link.Queue.Commit();
        Main.Fence();
        Assert.True(Main.CompletionsOf(link).Count() < Count);
        link.Peer.StartReading();

        Main.RunUntil(() => Main.CompletionsOf(link).Count() == Count, "all sends");
        Assert.All(Main.CompletionsOf(link), result => Assert.Equal((SocketError.Success, (uint)Part), (result.Status, result.BytesTransferred)));
        Main.RunUntil(() => link.Peer.Received == Large, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
    }

    [Fact]
    public void A_stalled_send_does_not_hold_up_receives()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(Large + 4096);
        link.Queue.Send(memory.Slice(0, Large), requestContext: 1);
        Main.Fence();

        link.Queue.Receive(memory.Slice(Large, 4096), requestContext: 2);
        link.Peer.Write([1]);

        Assert.Equal(1u, Main.CompletionOf(link, 2).BytesTransferred);
        Assert.Empty(Main.CompletionsOf(link, 1));
    }
}
