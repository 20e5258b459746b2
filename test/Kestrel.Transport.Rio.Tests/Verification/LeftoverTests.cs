using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

public sealed class LeftoverTests : BreachTest
{
    [Fact]
    public void Nothing_is_left_after_close_drain_and_deregistration()
    {
        Requests.Receive(Memory.All, requestContext: 1);
        Requests.Close(CloseMode.Abortive);
        Assert.Single(Take());
        Completions.Dispose();
        Memory.Deregister(Io);

        Io.AssertNothingLeft();
    }

    [Fact]
    public void A_request_that_never_completed_is_left()
    {
        Requests.WaitForData(requestContext: 1);
        Requests.Close(CloseMode.Abortive);

        AssertLeft(LifecycleRule.NoRequestLeftOutstanding, LifecycleRule.NoRequestQueueLeftOpen);
    }

    [Fact]
    public void A_receive_that_never_completed_is_left()
    {
        Requests.Receive(Memory.All, requestContext: 1);

        AssertLeft(LifecycleRule.NoRequestLeftOutstanding);
    }

    [Fact]
    public void A_request_queue_that_was_not_closed_is_left() => AssertLeft(LifecycleRule.NoRequestQueueLeftOpen);

    [Fact]
    public void A_registration_is_left()
    {
        Requests.Close(CloseMode.Graceful);
        Completions.Dispose();

        AssertLeft(LifecycleRule.NoBufferLeftRegistered);
    }

    [Fact]
    public void A_completion_queue_that_was_not_disposed_is_left()
    {
        Requests.Close(CloseMode.Graceful);
        Memory.Deregister(Io);

        AssertLeft(LifecycleRule.NoCompletionQueueLeftOpen);
    }

    [Fact]
    public void A_completion_queue_whose_disposal_was_refused_is_left()
    {
        Requests.Receive(Memory.All, requestContext: 1);

        Assert.Throws<InvalidOperationException>(Completions.Dispose);

        AssertLeft(LifecycleRule.NoCompletionQueueLeftOpen);
    }

    [Fact]
    public void A_request_queue_that_outlived_its_completion_queue_is_left()
    {
        Memory.Deregister(Io);
        Completions.Dispose();

        AssertLeft(LifecycleRule.NoRequestQueueLeftOpen);
    }

    [Fact]
    public void An_accept_queue_that_was_not_closed_is_left()
    {
        using var listenSocket = ProviderFixture.Listen();
        Completions.CreateAcceptQueue(listenSocket, socketContext: 1).Arm();

        AssertLeft(LifecycleRule.NoAcceptQueueLeftOpen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_accepted_socket_that_nobody_took_over_is_left(bool taken)
    {
        using var listenSocket = ProviderFixture.Listen();
        var accepts = Completions.CreateAcceptQueue(listenSocket, socketContext: 1);
        accepts.Arm();
        Simulation.Connect(listenSocket);
        var result = Assert.Single(Take());
        if (taken)
        {
            accepts.TakeAccepted(result);
        }

        AssertLeft(LifecycleRule.NoAcceptedSocketLost);
    }

    [Fact]
    public void An_accepted_socket_that_was_discarded_is_not_left()
    {
        using var listenSocket = ProviderFixture.Listen();
        var accepts = Completions.CreateAcceptQueue(listenSocket, socketContext: 1);
        accepts.Arm();
        Simulation.Connect(listenSocket);
        Io.Discard(accepts.TakeAccepted(Assert.Single(Take())));
        accepts.Close();
        Assert.Single(Take());
        Requests.Close(CloseMode.Graceful);
        Completions.Dispose();
        Memory.Deregister(Io);

        Io.AssertNothingLeft();
    }
}
