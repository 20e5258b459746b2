using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

/// <summary>For providers with <see cref="RioCapabilities.CanWaitForData"/>.</summary>
public abstract class WaitForDataScenario : Scenario
{
    private protected WaitForDataScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Data_ends_the_wait_and_a_receive_then_returns_it(bool dataIsThereBefore)
    {
        var link = Main.Connect();
        if (dataIsThereBefore)
        {
            link.Peer.Write([8]);
            Main.Fence();
        }

        Assert.Equal(SocketError.Success, link.Queue.WaitForData(requestContext: 1));
        if (!dataIsThereBefore)
        {
            Main.Fence();
            Assert.Empty(Main.CompletionsOf(link));
            link.Peer.Write([8]);
        }

        Assert.Equal(new RioResult(SocketError.Success, 0, link.SocketContext, 1), Main.CompletionOf(link, 1));
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 2);
        Assert.Equal(1u, Main.CompletionOf(link, 2).BytesTransferred);
        Assert.Equal(8, memory.Span[0]);
    }

    [Fact]
    public void Fin_ends_the_wait_and_a_receive_then_reports_it()
    {
        var link = Main.Connect();
        link.Queue.WaitForData(requestContext: 1);

        link.Peer.Finish();

        Assert.Equal((SocketError.Success, 0u), StatusOf(link, 1));
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 2);
        Assert.Equal((SocketError.Success, 0u), StatusOf(link, 2));
    }

    [Fact]
    public void Reset_ends_the_wait_and_a_receive_then_reports_it()
    {
        var link = Main.Connect();
        link.Queue.WaitForData(requestContext: 1);
        Main.Fence();

        link.Peer.Reset();

        Assert.Equal((SocketError.Success, 0u), StatusOf(link, 1));
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 2);
        Assert.Equal((SocketError.ConnectionReset, 0u), StatusOf(link, 2));
    }

    [Fact]
    public void Data_that_is_not_received_ends_every_wait()
    {
        var link = Main.Connect();
        link.Peer.Write([1]);
        for (var i = 1UL; i < 5; i++)
        {
            link.Queue.WaitForData(i);
            Assert.Equal((SocketError.Success, 0u), StatusOf(link, i));
        }
    }

    [Fact]
    public void A_wait_after_all_data_was_taken_waits_for_more()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        for (var i = 0UL; i < 20; i += 2)
        {
            link.Queue.WaitForData(i);
            Main.Pass();
            Assert.Empty(Main.CompletionsOf(link, i));
            link.Peer.Write([1]);
            Main.CompletionOf(link, i);
            link.Queue.Receive(memory.All, i + 1);
            Assert.Equal(1u, Main.CompletionOf(link, i + 1).BytesTransferred);
        }
    }

    [Fact]
    public void A_wait_counts_as_a_receive()
    {
        var link = Main.Connect(maxReceives: 1);
        link.Queue.WaitForData(requestContext: 1);

        var memory = Bench.Allocate(4096);
        Assert.Equal(SocketError.NoBufferSpaceAvailable, link.Queue.Receive(memory.All, requestContext: 2));
        Assert.Equal(SocketError.NoBufferSpaceAvailable, link.Queue.WaitForData(requestContext: 3));
    }

    [Fact]
    public void Close_ends_the_wait()
    {
        var link = Main.Connect();
        link.Queue.WaitForData(requestContext: 1);
        Main.Pass();

        link.Queue.Close(CloseMode.Graceful);

        Assert.Equal((SocketError.OperationAborted, 0u), StatusOf(link, 1));
        Assert.Equal(SocketError.OperationAborted, link.Queue.WaitForData(requestContext: 2));
    }

    private (SocketError Status, uint Bytes) StatusOf(Link link, ulong requestContext)
    {
        var result = Main.CompletionOf(link, requestContext);
        return (result.Status, result.BytesTransferred);
    }
}
