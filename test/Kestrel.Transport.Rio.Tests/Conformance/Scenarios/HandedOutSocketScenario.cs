using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

/// <summary>
/// The managed socket is in the hands of somebody who may make it non-blocking. For memory of either kind: registered
/// memory and other memory are requests of different kinds to a kernel.
/// </summary>
public abstract class HandedOutSocketScenario : Scenario
{
    private readonly bool _registered;

    private protected HandedOutSocketScenario(ProviderFixture fixture, bool registered = true)
        : base(fixture) => _registered = registered;

    [Fact]
    public void Traffic_goes_on_when_the_socket_was_made_non_blocking()
    {
        const int Large = 8 * 1024 * 1024;
        var link = Main.Connect();
        link.Queue.Socket.Blocking = false;
        var memory = Bench.Allocate(Large + 4096, _registered);
        Bench.Bytes(Large).CopyTo(memory.Span);
        link.Queue.Receive(memory.Slice(Large, 10), requestContext: 1);
        link.Queue.Send(memory.Slice(0, Large / 2), requestContext: 2, RequestFlags.Defer);
        link.Queue.Send(memory.Slice(Large / 2, Large / 2), requestContext: 3);
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));

        link.Peer.Write([9]);
        link.Peer.StartReading();

        Assert.Equal(1u, Main.CompletionOf(link, 1).BytesTransferred);
        Assert.Equal((uint)Large / 2, Main.CompletionOf(link, 3).BytesTransferred);
        Main.RunUntil(() => link.Peer.Received == Large, "the bytes");
        Assert.Equal(memory.Bytes[..Large], link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Disposal_of_the_socket_is_reported_once_while_traffic_continues()
    {
        var reports = 0;
        var link = Main.Connect();
        var socket = link.Queue.Socket;
        socket.OnDisposed = () => reports++;
        var memory = Bench.Allocate(4096, _registered);
        link.Queue.Receive(memory.Slice(0, 1), requestContext: 1);
        Main.Fence();

        socket.Dispose();
        socket.Dispose();

        Assert.Equal(1, reports);
        link.Peer.StartReading();
        link.Peer.Write([1]);
        link.Queue.Send(memory.Slice(1, 1), requestContext: 2);
        Assert.Equal(1u, Main.CompletionOf(link, 1).BytesTransferred);
        Assert.Equal(1u, Main.CompletionOf(link, 2).BytesTransferred);
        link.Queue.Close(CloseMode.Graceful);
        Main.Drain();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Receive_that_completes_during_close_never_shows_fin(bool blocking)
    {
        for (var i = 0; i < 20; i++)
        {
            var link = Main.Connect();
            link.Queue.Socket.Blocking = blocking;
            var memory = Bench.Allocate(4096, _registered);
            link.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
            Main.Fence();
            link.Peer.Write([1]);
            Main.Queue.Submit();
            using (var other = new QueueDriver(Bench, 64, firstContext: 1))
            {
                other.Fence();
            }

            link.Queue.Close(CloseMode.Abortive);

            var result = Main.CompletionOf(link, 1);
            Main.Drain();
            Assert.Single(Main.CompletionsOf(link));
            Assert.Equal(result.Status == SocketError.Success ? 1u : 0u, result.BytesTransferred);
            Assert.Contains(result.Status, new[] { SocketError.Success, SocketError.OperationAborted });
        }
    }

    [Fact]
    public void Non_blocking_socket_with_requests_closes_with_one_completion_each()
    {
        var link = Main.Connect();
        link.Queue.Socket.Blocking = false;
        var memory = Bench.Allocate((16 * 1024 * 1024) + 4096, _registered);
        link.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
        link.Queue.Send(memory.Slice(4096, 16 * 1024 * 1024), requestContext: 2);
        Main.Fence();

        link.Queue.Close(CloseMode.Abortive);

        Assert.Equal(SocketError.OperationAborted, Main.CompletionOf(link, 1).Status);
        Assert.NotEqual(SocketError.Success, Main.CompletionOf(link, 2).Status);
        Main.Drain();
    }
}
