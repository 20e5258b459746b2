using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

public sealed class RequestBreachTests : BreachTest
{
    [Fact]
    public void A_receive_on_a_closed_queue_is_caught()
    {
        Requests.Close(CloseMode.Graceful);

        AssertBreach(LifecycleRule.NoRequestOnAClosedQueue, () => Requests.Receive(Memory.All, requestContext: 1));
    }

    [Fact]
    public void A_send_on_a_closed_queue_is_caught()
    {
        Requests.Close(CloseMode.Graceful);

        AssertBreach(LifecycleRule.NoRequestOnAClosedQueue, () => Requests.Send(Memory.All, requestContext: 1));
    }

    [Fact]
    public void A_wait_on_a_closed_queue_is_caught()
    {
        Requests.Close(CloseMode.Graceful);

        AssertBreach(LifecycleRule.NoRequestOnAClosedQueue, () => Requests.WaitForData(requestContext: 1));
    }

    [Fact]
    public void More_receives_than_the_queue_holds_are_caught()
    {
        Requests.Receive(Memory.Slice(0, 1), requestContext: 1);
        Requests.WaitForData(requestContext: 2);

        AssertBreach(LifecycleRule.NoRequestBeyondTheLimit, () => Requests.Receive(Memory.Slice(1, 1), requestContext: 3));
    }

    [Fact]
    public void More_sends_than_the_queue_holds_are_caught()
    {
        for (var i = 0; i < 4; i++)
        {
            Requests.Send(Memory.Slice(i, 1), (ulong)i);
        }

        AssertBreach(LifecycleRule.NoRequestBeyondTheLimit, () => Requests.Send(Memory.Slice(4, 1), requestContext: 4));
    }

    [Fact]
    public void SendAtOnce_beside_an_outstanding_send_is_caught()
    {
        Requests.Send(Memory.Slice(0, 1), requestContext: 1);

        AssertBreach(LifecycleRule.NoSendAtOnceBesideASend, () => Requests.SendAtOnce([Memory.Slice(1, 1)], out _));
    }

    [Fact]
    public void Context_shared_by_receive_and_send_is_caught()
    {
        Requests.Receive(Memory.Slice(0, 1), requestContext: 1);

        AssertBreach(LifecycleRule.NoAmbiguousRequestContext, () => Requests.Send(Memory.Slice(1, 1), requestContext: 1));
    }

    [Fact]
    public void Context_shared_by_receive_and_wait_is_caught()
    {
        Requests.WaitForData(requestContext: 1);

        AssertBreach(LifecycleRule.NoAmbiguousRequestContext, () => Requests.Receive(Memory.All, requestContext: 1));
    }

    [Fact]
    public void One_context_for_all_sends_is_no_breach()
    {
        for (var i = 0; i < 4; i++)
        {
            Requests.Send(Memory.Slice(i * 10, 10), requestContext: 1);
        }

        Assert.Equal(4, Take().Length);
        Assert.Empty(Io.Record.Breaches);
    }

    [Fact]
    public void Socket_context_that_is_not_drained_cannot_be_reused()
    {
        Requests.Receive(Memory.All, requestContext: 1);
        Requests.Close(CloseMode.Abortive);
        Simulation.CreateConnected(out var accepted);

        AssertBreach(
            LifecycleRule.NoSocketContextInUseTwice, () => Completions.CreateRequestQueue(accepted, Context, 1, 1, out _));
    }

    [Fact]
    public void A_socket_context_that_is_drained_can_be_given_again()
    {
        Requests.Close(CloseMode.Abortive);
        Simulation.CreateConnected(out var accepted);

        Assert.Equal(SocketError.Success, Completions.CreateRequestQueue(accepted, Context, 1, 1, out _));
    }

    [Fact]
    public void Deferred_request_without_a_commit_is_caught_at_close()
    {
        Requests.Send(Memory.All, requestContext: 1, RequestFlags.Defer);

        AssertBreach(LifecycleRule.NoDeferredRequestLeftAtClose, () => Requests.Close(CloseMode.Graceful));
        Assert.True(Peer.ServerClosed);
    }

    [Fact]
    public void Deferred_request_without_a_commit_is_caught_at_the_wait()
    {
        Requests.Send(Memory.All, requestContext: 1, RequestFlags.Defer);

        AssertBreach(LifecycleRule.NoDeferredRequestLeftAtWait, () => Completions.Wait(TimeSpan.Zero));
    }

    [Fact]
    public void Committed_requests_are_no_breach()
    {
        Requests.Send(Memory.Slice(0, 10), requestContext: 1, RequestFlags.Defer);
        Requests.Commit();
        Requests.Send(Memory.Slice(10, 10), requestContext: 2, RequestFlags.Defer);
        Requests.Send(Memory.Slice(20, 10), requestContext: 3);

        Completions.Wait(TimeSpan.Zero);
        Requests.Close(CloseMode.Graceful);

        Assert.Empty(Io.Record.Breaches);
    }

    [Fact]
    public void An_accept_queue_that_is_armed_twice_is_caught()
    {
        using var listenSocket = Conformance.ProviderFixture.Listen();
        var accepts = Completions.CreateAcceptQueue(listenSocket, socketContext: 1);
        accepts.Arm();

        AssertBreach(LifecycleRule.NoArmingTwice, accepts.Arm);
    }

    [Fact]
    public void An_accept_queue_that_is_armed_after_close_is_caught()
    {
        using var listenSocket = Conformance.ProviderFixture.Listen();
        var accepts = Completions.CreateAcceptQueue(listenSocket, socketContext: 1);
        accepts.Close();

        AssertBreach(LifecycleRule.NoRequestOnAClosedQueue, accepts.Arm);
    }
}
