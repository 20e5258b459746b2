using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class ReceiveScenario : Scenario
{
    private protected ReceiveScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void A_receive_completes_when_bytes_come()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        Assert.Equal(SocketError.Success, link.Queue.Receive(memory.All, requestContext: 7));
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));

        link.Peer.Write([42]);

        Assert.Equal(new RioResult(SocketError.Success, 1, link.SocketContext, 7), Main.CompletionOf(link, 7));
        Assert.Equal(42, memory.Span[0]);
    }

    [Fact]
    public void Bytes_that_came_before_the_receive_are_not_lost()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Peer.Write([1, 2, 3]);
        Main.Fence();

        Assert.Equal([1, 2, 3], Receive(link, memory, 3));
    }

    [Fact]
    public void Receive_writes_nothing_outside_of_its_slice()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        memory.Span.Fill(0xEE);
        link.Peer.Write(Bench.Bytes(1000));
        Main.Fence();

        link.Queue.Receive(memory.Slice(100, 50), requestContext: 1);

        var count = (int)Main.CompletionOf(link, 1).BytesTransferred;
        Assert.InRange(count, 1, 50);
        Assert.Equal(Bench.Bytes(1000)[..count], memory.Bytes[100..(100 + count)]);
        Assert.Equal(-1, memory.Span[..100].IndexOfAnyExcept((byte)0xEE));
        Assert.Equal(-1, memory.Span[150..].IndexOfAnyExcept((byte)0xEE));
    }

    [Fact]
    public void The_largest_context_comes_back_whole()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Peer.Write([1]);

        link.Queue.Receive(memory.All, ulong.MaxValue);

        Main.CompletionOf(link, ulong.MaxValue);
    }

    [Fact]
    public void Receives_complete_in_posting_order()
    {
        const int Count = 4;
        var link = Main.Connect(maxReceives: Count);
        var memory = Bench.Allocate(4096);
        for (var i = 0; i < Count; i++)
        {
            link.Queue.Receive(memory.Slice(i * 100, 100), (ulong)i);
        }

        var bytes = Bench.Bytes(10_000);
        link.Peer.Write(bytes);
        Main.RunUntil(() => Main.CompletionsOf(link).Count() == Count, "all receives");

        Assert.Equal([0UL, 1UL, 2UL, 3UL], Main.CompletionsOf(link).Select(result => result.RequestContext));
        var received = new List<byte>();
        foreach (var result in Main.CompletionsOf(link))
        {
            received.AddRange(memory.Span.Slice((int)result.RequestContext * 100, (int)result.BytesTransferred));
        }

        Assert.Equal(bytes[..received.Count], received);
    }

    [Fact]
    public void A_long_stream_comes_whole_and_in_order()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        var bytes = Bench.Bytes(1_000_000);
        link.Peer.Write(bytes);

        Assert.Equal(bytes, Receive(link, memory, bytes.Length));
    }

    [Fact]
    public void A_receive_on_one_connection_does_not_hold_up_another()
    {
        var memory = Bench.Allocate(4096);
        var silent = Main.Connect();
        silent.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
        var talking = Main.Connect();
        talking.Queue.Receive(memory.Slice(10, 10), requestContext: 1);

        talking.Peer.Write([5]);

        Main.CompletionOf(talking, 1);
        Assert.Empty(Main.CompletionsOf(silent));
    }

    private byte[] Receive(Link link, RegisteredMemory memory, int count)
    {
        var received = new List<byte>(count);
        for (var context = 100UL; received.Count < count; context++)
        {
            Assert.Equal(SocketError.Success, link.Queue.Receive(memory.All, context));
            var result = Main.CompletionOf(link, context);
            Assert.Equal(SocketError.Success, result.Status);
            Assert.NotEqual(0u, result.BytesTransferred);
            received.AddRange(memory.Span[..(int)result.BytesTransferred]);
            Main.Seen.Clear();
        }

        return [.. received];
    }
}
