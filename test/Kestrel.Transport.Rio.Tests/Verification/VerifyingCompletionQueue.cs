using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification;

internal sealed class VerifyingCompletionQueue(VerifyingIo io, CompletionQueue inner) : CompletionQueue(inner.Capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, VerifyingRequestQueue> _requestQueues = [];
    private readonly Dictionary<ulong, VerifyingAcceptQueue> _acceptQueues = [];

    public override int Outstanding => inner.Outstanding;

    public override string? Failure => inner.Failure;

    public override IReadOnlyList<RioBuffer> LostBuffers => inner.LostBuffers;

    public OwnerGuard Guard { get; } = new(io.Record);

    /// <summary>Requests of all request queues that no commit has started yet.</summary>
    public int Deferred { get; set; }

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
    {
        using var call = Guard.Enter(nameof(CreateAcceptQueue));
        CheckContextIsFree(socketContext);
        var acceptQueue = new VerifyingAcceptQueue(io, this, inner.CreateAcceptQueue(listenSocket, socketContext), socketContext);
        lock (_lock)
        {
            _acceptQueues.Add(socketContext, acceptQueue);
        }

        return acceptQueue;
    }

    public override int Dequeue(Span<RioResult> results)
    {
        using var call = Guard.Enter(nameof(Dequeue));
        var count = inner.Dequeue(results);
        LifecycleBreachException? first = null;
        foreach (ref readonly var result in results[..count])
        {
            // All of them are settled before the first breach is thrown, or the rest would look lost as well.
            try
            {
                Settle(result);
            }
            catch (LifecycleBreachException breach)
            {
                first ??= breach;
            }
        }

        if (first is not null)
        {
            throw first;
        }

        CheckCounts();
        return count;
    }

    /// <summary>Commits by way of the verifying request queues. The provider finds nothing left in its own list.</summary>
    public override void CommitAll()
    {
        base.CommitAll();
        inner.CommitAll();
    }

    public override void Submit()
    {
        using var call = Guard.Enter(nameof(Submit));
        inner.Submit();
    }

    public override bool Wait(TimeSpan timeout)
    {
        using var call = Guard.Enter(nameof(Wait));
        io.Record.ReportIf(
            Deferred != 0 && io.Scope == VerifierScope.Transport,
            LifecycleRule.NoDeferredRequestLeftAtWait,
            $"{Deferred} deferred requests were not committed before the poller went to wait.");
        return inner.Wait(timeout);
    }

    public override void Wake() => inner.Wake();

    public void OnDrained(VerifyingRequestQueue requestQueue)
    {
        lock (_lock)
        {
            _requestQueues.Remove(requestQueue.SocketContext);
        }
    }

    /// <summary>
    /// The charge of a queue stays until its last completion was dequeued; the provider may keep it longer for work of its own.
    /// </summary>
    public void CheckCharge()
    {
        var charged = inner.Charged;
        io.Record.ReportIf(
            charged < Charged,
            LifecycleRule.NoWrongCharge,
            $"The provider has charged {charged} where request queues that are not drained come to {Charged}.");
    }

    public void OnEnded(VerifyingAcceptQueue acceptQueue)
    {
        lock (_lock)
        {
            _acceptQueues.Remove(acceptQueue.SocketContext);
        }
    }

    public IEnumerable<(LifecycleRule Rule, string What)> Leftovers()
    {
        lock (_lock)
        {
            return
            [
                .. _requestQueues.Values.SelectMany(requestQueue => requestQueue.Leftovers()),
                .. _acceptQueues.Values.SelectMany(acceptQueue => acceptQueue.Leftovers()),
                (LifecycleRule.NoCompletionQueueLeftOpen, $"capacity {Capacity}, charged {Charged}, outstanding {Outstanding}"),
            ];
        }
    }

    protected override SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        using var call = Guard.Enter(nameof(CreateRequestQueue));
        CheckContextIsFree(socketContext);
        io.OnTakenOver(socket);
        var error = inner.CreateRequestQueue(socket, socketContext, maxReceives, maxSends, out requestQueue);
        if (error != SocketError.Success)
        {
            return error;
        }

        var created = new VerifyingRequestQueue(io, this, requestQueue!, socketContext);
        lock (_lock)
        {
            _requestQueues.Add(socketContext, created);
        }

        requestQueue = created;
        return SocketError.Success;
    }

    protected override void DiscardCore(AcceptedSocket socket) => io.Discard(socket);

    protected override SocketError ResizeCore(int capacity)
    {
        using var call = Guard.Enter(nameof(Resize));
        return inner.Resize(capacity);
    }

    /// <summary>
    /// <see cref="CompletionQueue.Dispose"/> has refused already while the provider's own count is not 0, and the queue is
    /// then found by <see cref="VerifyingIo.AssertNothingLeft"/>. Here only a wrong count is left to be found.
    /// </summary>
    protected override void DisposeCore()
    {
        using var call = Guard.Enter(nameof(Dispose));
        var requests = VerifiedRequests();
        io.Record.ReportIf(
            requests != 0,
            LifecycleRule.NoDisposalWithRequestsOutstanding,
            $"The completion queue is disposed with {requests} requests outstanding.");
        inner.Dispose();
        lock (_lock)
        {
            // Whoever is still open here is reported as such; that its completion queue is gone does not close it.
            if (_requestQueues.Count + _acceptQueues.Count == 0)
            {
                io.OnDisposed(this);
            }
        }
    }

    private void Settle(in RioResult result)
    {
        if (_requestQueues.TryGetValue(result.SocketContext, out var requestQueue))
        {
            requestQueue.OnCompleted(result);
        }
        else if (_acceptQueues.TryGetValue(result.SocketContext, out var acceptQueue))
        {
            acceptQueue.OnCompleted(result);
        }
        else
        {
            io.Record.Report(LifecycleRule.NoCompletionForAnUnknownSocket, $"{result}");
        }
    }

    private void CheckContextIsFree(ulong socketContext)
        => io.Record.ReportIf(
            _requestQueues.ContainsKey(socketContext) || _acceptQueues.ContainsKey(socketContext),
            LifecycleRule.NoSocketContextInUseTwice,
            $"{socketContext:x} is the context of a queue that is not drained yet.");

    private void CheckCounts()
    {
        var outstanding = inner.Outstanding;
        var requests = VerifiedRequests();
        io.Record.ReportIf(
            outstanding < requests,
            LifecycleRule.NoTooLowOutstandingCount,
            $"The provider counts {outstanding} outstanding, and there are {requests}.");
        CheckRequestQueues();
        CheckCharge();
        io.Record.ReportIf(
            outstanding == 0 && inner.Charged != Charged,
            LifecycleRule.NoWrongCharge,
            $"The provider has charged {inner.Charged} where its request queues come to {Charged}.");
    }

    /// <summary>The memory of a request is the caller's again when its request queue counts it no more.</summary>
    private void CheckRequestQueues()
    {
        foreach (var requestQueue in _requestQueues.Values)
        {
            io.Record.ReportIf(
                requestQueue.IsCountedTooLow,
                LifecycleRule.NoTooLowOutstandingCount,
                $"The provider counts fewer requests than are outstanding on socket {requestQueue.SocketContext:x}.");
        }
    }

    private int VerifiedRequests()
        => _requestQueues.Values.Sum(requestQueue => requestQueue.Verified)
            + _acceptQueues.Values.Count(acceptQueue => acceptQueue.IsPending);
}
