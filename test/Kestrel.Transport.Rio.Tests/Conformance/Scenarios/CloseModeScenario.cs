using System.Diagnostics;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class CloseModeScenario : Scenario
{
    private protected CloseModeScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void A_graceful_close_shows_fin_behind_the_last_byte()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);
        link.Queue.Send(memory.All, requestContext: 1);
        Main.CompletionOf(link, 1);

        link.Queue.Close(CloseMode.Graceful);

        Main.RunUntil(() => link.Peer.EndReceived, "the end");
        Assert.True(link.Peer.FinReceived);
        Assert.Equal(Bench.Bytes(4096), link.Peer.ReceivedBytes());
    }

    [Fact]
    public void A_graceful_close_with_a_receive_pending_shows_fin()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        Main.Fence();

        link.Queue.Close(CloseMode.Graceful);

        Main.RunUntil(() => link.Peer.EndReceived, "the end");
        Assert.True(link.Peer.FinReceived);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_abortive_close_shows_rst(bool receiveIsPending)
    {
        if (receiveIsPending)
        {
            Bench.Fixture.SkipOn(MachineGap.ResetWithRequestsOutstanding);
        }

        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        if (receiveIsPending)
        {
            link.Queue.Receive(memory.All, requestContext: 1);
        }

        Main.Fence();

        link.Queue.Close(CloseMode.Abortive);

        Main.RunUntil(() => link.Peer.EndReceived, "the end");
        Assert.True(link.Peer.ResetReceived);
    }

    [Fact]
    public void An_abortive_close_of_a_stalled_send_shows_rst()
    {
        Bench.Fixture.SkipOn(MachineGap.ResetWithRequestsOutstanding);
        var link = Main.Connect();
        var memory = Bench.Allocate(16 * 1024 * 1024);
        link.Queue.Send(memory.All, requestContext: 1);
        Main.Fence();

        link.Queue.Close(CloseMode.Abortive);
        link.Peer.StartReading();

        Main.RunUntil(() => link.Peer.EndReceived, "the end");
        Assert.True(link.Peer.ResetReceived);
    }

    [Fact]
    public void Close_closes_a_socket_that_was_handed_out()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        link.Queue.Socket.NoDelay = true;

        link.Queue.Close(CloseMode.Graceful);

        Main.RunUntil(() => link.Peer.EndReceived, "the end");
        Assert.True(link.Peer.FinReceived);
        Assert.Throws<ObjectDisposedException>(() => link.Queue.Socket);
    }

    [Fact]
    public void Abortive_close_resets_a_socket_that_was_handed_out()
    {
        Bench.Fixture.SkipOn(MachineGap.ResetWithRequestsOutstanding);
        var link = Main.Connect();
        link.Peer.StartReading();
        link.Queue.Socket.NoDelay = true;
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        Main.Pass();

        link.Queue.Close(CloseMode.Abortive);

        Main.RunUntil(() => link.Peer.EndReceived, "the end");
        Assert.True(link.Peer.ResetReceived);
        Assert.Equal(SocketError.OperationAborted, Main.CompletionOf(link, 1).Status);
    }

    [Fact]
    public void Graceful_close_of_a_lingering_socket_does_not_wait()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(16 * 1024 * 1024);
        link.Queue.Send(memory.All, requestContext: 1);
        Main.Fence();
        link.Queue.Socket.LingerState = new LingerOption(enable: true, seconds: 60);
        var start = Stopwatch.GetTimestamp();

        link.Queue.Close(CloseMode.Graceful);
        Main.CompletionOf(link, 1);

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_socket_that_was_discarded_is_closed()
    {
        using var peer = Bench.Connect(out var accepted);

        Bench.Io.Discard(accepted);

        peer.StartReading();
        Main.RunUntil(() => peer.EndReceived, "the end");
    }
}
