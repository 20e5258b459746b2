using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

public sealed class MemoryBreachTests : BreachTest
{
    [Fact]
    public void A_registration_that_ends_during_a_receive_is_caught()
    {
        Requests.Receive(Memory.All, requestContext: 1);

        AssertBreach(LifecycleRule.NoDeregistrationDuringARequest, () => Io.DeregisterBuffer(Memory.Id));
    }

    [Fact]
    public void Registration_ended_before_the_dequeue_is_caught()
    {
        Requests.Send(Memory.Slice(0, 10), requestContext: 1);
        Completions.Submit();
        Assert.Equal(10, Peer.Available);

        AssertBreach(LifecycleRule.NoDeregistrationDuringARequest, () => Io.DeregisterBuffer(Memory.Id));
    }

    [Fact]
    public void Registration_ended_before_the_last_completion_is_caught()
    {
        Requests.Receive(Memory.All, requestContext: 1);
        Requests.Close(CloseMode.Abortive);

        AssertBreach(LifecycleRule.NoDeregistrationDuringARequest, () => Io.DeregisterBuffer(Memory.Id));
    }

    [Fact]
    public void Two_receives_into_the_same_memory_are_caught()
    {
        Requests.Receive(Memory.Slice(0, 100), requestContext: 1);

        AssertBreach(
            LifecycleRule.NoMemoryInAReceiveAndAnotherRequest, () => Requests.Receive(Memory.Slice(99, 100), requestContext: 2));
    }

    [Fact]
    public void A_receive_into_memory_that_is_being_sent_is_caught()
    {
        Requests.Send(Memory.Slice(50, 100), requestContext: 1);

        AssertBreach(
            LifecycleRule.NoMemoryInAReceiveAndAnotherRequest, () => Requests.Receive(Memory.Slice(0, 51), requestContext: 2));
    }

    [Fact]
    public void Send_of_memory_in_a_receive_is_caught()
    {
        Requests.Receive(Memory.Slice(0, 100), requestContext: 1);

        AssertBreach(
            LifecycleRule.NoMemoryInAReceiveAndAnotherRequest, () => Requests.Send(Memory.Slice(99, 1), requestContext: 2));
    }

    [Fact]
    public void The_same_memory_in_two_sends_is_caught()
    {
        Requests.Send(Memory.Slice(0, 100), requestContext: 1);

        AssertBreach(LifecycleRule.NoBlockInTwoSends, () => Requests.Send(Memory.Slice(0, 100), requestContext: 2));
    }

    [Fact]
    public void Slices_side_by_side_are_no_breach()
    {
        Requests.Receive(Memory.Slice(0, 100), requestContext: 1);
        Requests.Receive(Memory.Slice(100, 100), requestContext: 2);
        Requests.Send(Memory.Slice(200, 100), requestContext: 3);
        Requests.Send(Memory.Slice(300, 100), requestContext: 4);

        Assert.Empty(Io.Record.Breaches);
    }

    [Fact]
    public void Deregistering_unregistered_memory_is_caught()
    {
        AssertBreach(LifecycleRule.NoUnknownBufferId, () => Io.DeregisterBuffer(new BufferId(12345)));
    }

    [Fact]
    public void A_request_with_an_id_that_was_deregistered_is_caught()
    {
        var stale = Memory.All;
        Memory.Deregister(Io);

        AssertBreach(LifecycleRule.NoUnknownBufferId, () => Requests.Send(stale, requestContext: 1));
    }

    [Fact]
    public void Request_with_the_id_of_other_memory_is_caught()
    {
        var stale = Memory.All;
        Memory.Deregister(Io);
        Assert.Equal(stale.Id, Allocate(4096).Id);

        AssertBreach(LifecycleRule.NoRangeOutsideItsRegistration, () => Requests.Send(stale, requestContext: 1));
    }

    [Theory]
    [InlineData(4090, 7)]
    [InlineData(-1, 10)]
    [InlineData(0, 0)]
    [InlineData(int.MaxValue, 1)]
    public void A_range_outside_of_its_registration_is_caught(int offset, int length)
    {
        var outside = new RioBuffer(Memory.Id, offset, length, Memory.All.Address + offset);

        AssertBreach(LifecycleRule.NoRangeOutsideItsRegistration, () => Requests.Send(outside, requestContext: 1));
    }

    [Fact]
    public void Address_that_contradicts_the_offset_is_caught()
    {
        var wrong = Memory.Slice(0, 10) with { Offset = 1 };

        AssertBreach(LifecycleRule.NoRangeOutsideItsRegistration, () => Requests.Send(wrong, requestContext: 1));
    }

    [Fact]
    public void Bytes_that_change_while_they_are_being_sent_are_caught()
    {
        Requests.Send(Memory.Slice(0, 10), requestContext: 1);
        Memory.Span[5]++;

        AssertBreach(LifecycleRule.NoWriteIntoASendInFlight, () => Take());
    }
}
