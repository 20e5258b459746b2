using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Verification.Misbehaving;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>A provider that does wrong is caught at it by name.</summary>
public sealed class ProviderBreachTests : IDisposable
{
    private const ulong Context = 5;
    private readonly VerifyingIo _io;
    private readonly CompletionQueue _completions;
    private readonly ScriptedCompletionQueue _script;
    private readonly RequestQueue _requests;
    private readonly RegisteredMemory _memory;

    public ProviderBreachTests()
    {
        var scripted = new ScriptedIo();
        _io = new VerifyingIo(scripted, VerifierScope.Provider);
        _completions = _io.CreateCompletionQueue(100);
        _script = scripted.LastQueue!;
        _completions.CreateRequestQueue(new AcceptedSocket(1, null, null), Context, 2, 2, out var requests);
        _requests = requests!;
        _memory = new RegisteredMemory(_io, 4096) { DeregistersThrough = scripted };
    }

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void A_completion_for_an_unknown_socket_is_caught()
    {
        _requests.Receive(_memory.All, requestContext: 1);

        _script.Complete(SocketError.Success, 1, Context + 1, requestContext: 1);

        AssertBreach(LifecycleRule.NoCompletionForAnUnknownSocket);
    }

    [Fact]
    public void Completion_for_a_drained_socket_is_caught()
    {
        _requests.Receive(_memory.All, requestContext: 1);
        _requests.Close(CloseMode.Abortive);
        _script.Complete(SocketError.OperationAborted, 0, Context, requestContext: 1);
        Dequeue();

        _script.Complete(SocketError.OperationAborted, 0, Context, requestContext: 1);

        AssertBreach(LifecycleRule.NoCompletionForAnUnknownSocket);
    }

    [Fact]
    public void A_completion_with_an_unknown_request_context_is_caught()
    {
        _requests.Receive(_memory.All, requestContext: 1);

        _script.Complete(SocketError.Success, 1, Context, requestContext: 2);

        AssertBreach(LifecycleRule.NoCompletionWithoutARequest);
    }

    [Fact]
    public void A_second_completion_for_one_request_is_caught()
    {
        _requests.Receive(_memory.All, requestContext: 1);
        _script.Complete(SocketError.Success, 1, Context, requestContext: 1);

        _script.Complete(SocketError.Success, 1, Context, requestContext: 1);

        AssertBreach(LifecycleRule.NoCompletionWithoutARequest);
    }

    [Fact]
    public void One_completion_too_few_is_left()
    {
        _requests.Send(_memory.Slice(0, 10), requestContext: 1);
        _requests.Send(_memory.Slice(10, 10), requestContext: 1);
        _script.Complete(SocketError.Success, 10, Context, requestContext: 1);
        Dequeue();

        Assert.Contains(
            nameof(LifecycleRule.NoRequestLeftOutstanding),
            Assert.Throws<LifecycleBreachException>(_io.AssertNothingLeft).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Sends_that_complete_out_of_order_are_caught()
    {
        _requests.Send(_memory.Slice(0, 10), requestContext: 1);
        _requests.Send(_memory.Slice(10, 10), requestContext: 2);

        _script.Complete(SocketError.Success, 10, Context, requestContext: 2);

        AssertBreach(LifecycleRule.NoCompletionOutOfOrder);
    }

    [Fact]
    public void Receives_that_complete_out_of_order_are_caught()
    {
        _requests.Receive(_memory.Slice(0, 10), requestContext: 1);
        _requests.Receive(_memory.Slice(10, 10), requestContext: 2);

        _script.Complete(SocketError.Success, 10, Context, requestContext: 2);

        AssertBreach(LifecycleRule.NoCompletionOutOfOrder);
    }

    [Fact]
    public void A_receive_may_overtake_a_wait()
    {
        _requests.WaitForData(requestContext: 1);
        _requests.Receive(_memory.Slice(10, 10), requestContext: 2);
        _script.Complete(SocketError.Success, 10, Context, requestContext: 2);
        _script.Complete(SocketError.Success, 0, Context, requestContext: 1);

        Dequeue();

        Assert.Empty(_io.Record.Breaches);
    }

    [Fact]
    public void A_send_that_succeeds_with_too_few_bytes_is_caught()
    {
        _requests.Send(_memory.Slice(0, 10), requestContext: 1);

        _script.Complete(SocketError.Success, 9, Context, requestContext: 1);

        AssertBreach(LifecycleRule.NoImpossibleByteCount);
    }

    [Fact]
    public void A_receive_of_more_than_it_asked_for_is_caught()
    {
        _requests.Receive(_memory.Slice(0, 10), requestContext: 1);

        _script.Complete(SocketError.Success, 11, Context, requestContext: 1);

        AssertBreach(LifecycleRule.NoImpossibleByteCount);
    }

    [Fact]
    public void A_wait_that_brings_bytes_is_caught()
    {
        _requests.WaitForData(requestContext: 1);

        _script.Complete(SocketError.Success, 1, Context, requestContext: 1);

        AssertBreach(LifecycleRule.NoImpossibleByteCount);
    }

    [Fact]
    public void A_request_beyond_the_limit_that_is_accepted_is_caught()
    {
        _requests.Receive(_memory.Slice(0, 1), requestContext: 1);
        _requests.Receive(_memory.Slice(1, 1), requestContext: 2);

        AssertThrows(
            LifecycleRule.NoAcceptanceOfWhatMustBeRefused, () => _requests.Receive(_memory.Slice(2, 1), requestContext: 3));
    }

    [Fact]
    public void A_request_after_close_that_is_accepted_is_caught()
    {
        _requests.Receive(_memory.Slice(0, 1), requestContext: 1);
        _requests.Close(CloseMode.Graceful);

        AssertThrows(
            LifecycleRule.NoAcceptanceOfWhatMustBeRefused, () => _requests.Send(_memory.Slice(2, 1), requestContext: 3));
    }

    [Fact]
    public void A_count_that_is_too_low_is_caught()
    {
        _requests.Receive(_memory.Slice(0, 1), requestContext: 1);

        _script.ClaimedOutstanding = 0;

        AssertBreach(LifecycleRule.NoTooLowOutstandingCount);
    }

    [Fact]
    public void A_request_queue_that_counts_too_low_is_caught()
    {
        _requests.Receive(_memory.Slice(0, 1), requestContext: 1);

        _script.LastRequestQueue!.CountTooLow();

        AssertBreach(LifecycleRule.NoTooLowOutstandingCount);
    }

    [Fact]
    public void A_charge_that_is_not_given_back_is_caught()
    {
        _requests.Close(CloseMode.Graceful);

        _script.ClaimedOutstanding = 0;

        AssertBreach(LifecycleRule.NoWrongCharge);
    }

    [Fact]
    public void Charge_released_before_the_last_completion_is_caught()
    {
        _requests.Receive(_memory.All, requestContext: 1);
        _script.ReleaseCharge(maxReceives: 2, maxSends: 2);

        AssertThrows(LifecycleRule.NoWrongCharge, () => _requests.Close(CloseMode.Abortive));
    }

    [Fact]
    public void Completion_queue_disposed_during_a_request_is_caught()
    {
        _requests.Receive(_memory.Slice(0, 1), requestContext: 1);
        _script.ClaimedOutstanding = 0;

        AssertThrows(LifecycleRule.NoDisposalWithRequestsOutstanding, _completions.Dispose);
    }

    [Fact]
    public void Connection_from_an_unarmed_accept_queue_is_caught()
    {
        using var listenSocket = ProviderFixture.Bind();
        _completions.CreateAcceptQueue(listenSocket, socketContext: 9);

        _script.Complete(SocketError.Success, 0, socketContext: 9, requestContext: 1);

        AssertBreach(LifecycleRule.NoCompletionWithoutARequest);
    }

    [Fact]
    public void Breach_in_a_batch_leaves_the_rest_settled()
    {
        _requests.Send(_memory.Slice(0, 10), requestContext: 1);
        _script.Complete(SocketError.Success, 0, Context, requestContext: 7);
        _script.Complete(SocketError.Success, 10, Context, requestContext: 1);

        AssertBreach(LifecycleRule.NoCompletionWithoutARequest);

        Assert.Single(_io.Record.Breaches);
        Assert.DoesNotContain(_io.Memory.Leftovers(), left => left.Rule == LifecycleRule.NoRequestLeftOutstanding);
    }

    private void AssertBreach(LifecycleRule rule) => AssertThrows(rule, Dequeue);

    private void AssertThrows(LifecycleRule rule, Action breach)
    {
        Assert.Equal(rule, Assert.Throws<LifecycleBreachException>(breach).Rule);
        Assert.Equal(rule, Assert.Throws<LifecycleBreachException>(_io.AssertNothingLeft).Rule);
    }

    private void Dequeue() => _completions.Dequeue(new RioResult[8]);
}
