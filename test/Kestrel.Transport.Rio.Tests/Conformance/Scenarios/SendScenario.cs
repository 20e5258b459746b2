using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class SendScenario : Scenario
{
    private protected SendScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Bytes_that_are_sent_arrive_and_are_all_counted()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);

        Assert.Equal(SocketError.Success, link.Queue.Send(memory.All, requestContext: 3));

        Assert.Equal(new RioResult(SocketError.Success, 4096, link.SocketContext, 3), Main.CompletionOf(link, 3));
        Main.RunUntil(() => link.Peer.Received == 4096, "the bytes");
        Assert.Equal(Bench.Bytes(4096), link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Send_sends_its_slice_and_nothing_around_it()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(3 * 4096);

        link.Queue.Send(memory.Slice(4095, 2), requestContext: 1);

        Assert.Equal(2u, Main.CompletionOf(link, 1).BytesTransferred);
        Main.RunUntil(() => link.Peer.Received == 2, "the bytes");
        Assert.Equal(Bench.Bytes(3 * 4096)[4095..4097], link.Peer.ReceivedBytes());
    }

    [Fact]
    public void The_rest_of_a_slice_is_sent_with_Skip()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);

        link.Queue.Send(memory.Slice(100, 50).Skip(20), requestContext: 1);

        Main.CompletionOf(link, 1);
        Main.RunUntil(() => link.Peer.Received == 30, "the bytes");
        Assert.Equal(Bench.Bytes(4096)[120..150], link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Memory_can_be_used_again_once_its_completion_was_dequeued()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        for (var i = 0; i < 100; i++)
        {
            memory.Span.Fill((byte)i);
            link.Queue.Send(memory.Slice(0, 10), (ulong)i);
            Main.CompletionOf(link, (ulong)i);
        }

        Main.RunUntil(() => link.Peer.Received == 1000, "the bytes");
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (byte)(i / 10)), link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Both_directions_work_at_the_same_time()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(8192);
        link.Queue.Receive(memory.Slice(0, 4096), requestContext: 1);
        link.Queue.Send(memory.Slice(4096, 4096), requestContext: 2);
        Main.CompletionOf(link, 2);
        Assert.Empty(Main.CompletionsOf(link, 1));

        link.Peer.Write([7]);

        Main.CompletionOf(link, 1);
        Main.RunUntil(() => link.Peer.Received == 4096, "the bytes");
        Assert.Equal(Bench.Bytes(8192)[4096..], link.Peer.ReceivedBytes());
    }
}
