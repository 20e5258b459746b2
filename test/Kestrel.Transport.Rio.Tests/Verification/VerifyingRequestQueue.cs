using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification;

internal sealed class VerifyingRequestQueue(
    VerifyingIo io, VerifyingCompletionQueue completionQueue, RequestQueue inner, ulong socketContext)
    : RequestQueue(completionQueue, inner.MaxOutstandingReceives, inner.MaxOutstandingSends)
{
    private readonly Lock _lock = new();
    private readonly List<VerifiedRequest> _receives = [];
    private readonly List<VerifiedRequest> _sends = [];
    private int _deferred;
    private volatile bool _isSendingAtOnce;

    public ulong SocketContext => socketContext;

    /// <summary>The requests that the verifier knows to be outstanding, whatever anybody counts.</summary>
    public int Verified => _receives.Count + _sends.Count;

    public bool IsCountedTooLow => inner.OutstandingReceives < _receives.Count || inner.OutstandingSends < _sends.Count;

    public override ConnectionSocket Socket => inner.Socket;

    public override EndPoint? GetLocalEndPoint(EndPoint family)
    {
        using var call = completionQueue.Guard.Enter(nameof(GetLocalEndPoint));
        return inner.GetLocalEndPoint(family);
    }

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        using var call = completionQueue.Guard.Enter(nameof(Receive));
        var request = Prepare(VerifiedKind.Receive, buffer, requestContext);
        return Post(request, flags, () => inner.Receive(request.Buffer, requestContext, flags));
    }

    public override SocketError WaitForData(ulong requestContext)
    {
        using var call = completionQueue.Guard.Enter(nameof(WaitForData));
        var request = Prepare(VerifiedKind.WaitForData, default, requestContext);

        // It takes no flags, and says nothing about the deferred requests of others.
        return Post(request, flags: null, () => inner.WaitForData(requestContext));
    }

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        using var call = completionQueue.Guard.Enter(nameof(Send));
        io.Record.ReportIf(_isSendingAtOnce, LifecycleRule.NoSendAtOnceBesideASend, $"Send {requestContext:x} on socket {socketContext:x}");
        var request = Prepare(VerifiedKind.Send, buffer, requestContext);
        return Post(request, flags, () => inner.Send(request.Buffer, requestContext, flags));
    }

    /// <summary>Any thread. For as long as it takes the memory is in a request, as with any other.</summary>
    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
        lock (_lock)
        {
            io.Record.ReportIf(
                _sends.Count > 0 || _isSendingAtOnce,
                LifecycleRule.NoSendAtOnceBesideASend,
                $"{_sends.Count} sends of socket {socketContext:x} are outstanding, or another thread sends.");
            _isSendingAtOnce = true;
        }

        var requests = new List<VerifiedRequest>();
        try
        {
            foreach (var buffer in buffers)
            {
                var request = new VerifiedRequest(VerifiedKind.Send, buffer, socketContext, ulong.MaxValue);
                io.Memory.OnPosting(request);
                requests.Add(request);
            }

            var error = inner.SendAtOnce(buffers, out sent);
            var isImpossible = sent > requests.Sum(static request => request.Buffer.Length) || (error == SocketError.Success) != (sent > 0);
            io.Record.ReportIf(isImpossible, LifecycleRule.NoImpossibleByteCount, $"{error} and {sent} bytes at once on socket {socketContext:x}");
            return error;
        }
        finally
        {
            requests.ForEach(EndMemory);
            _isSendingAtOnce = false;
        }
    }

    public override void Commit()
    {
        using var call = completionQueue.Guard.Enter(nameof(Commit));
        inner.Commit();
        CommitDeferred();
    }

    public override SocketError ShutdownSend()
    {
        using var call = completionQueue.Guard.Enter(nameof(ShutdownSend));
        return inner.ShutdownSend();
    }

    public override void Close(CloseMode mode)
    {
        using var call = completionQueue.Guard.Enter(nameof(Close));
        inner.Close(mode);
        if (IsClosed)
        {
            return;
        }

        MarkClosed();
        var deferred = _deferred;
        CommitDeferred();
        ReleaseIfDrained();
        completionQueue.CheckCharge();
        io.Record.ReportIf(
            deferred != 0 && io.Scope == VerifierScope.Transport,
            LifecycleRule.NoDeferredRequestLeftAtClose,
            $"{deferred} deferred requests of socket {socketContext:x} were never committed.");
    }

    public void OnCompleted(in RioResult result)
    {
        var context = result.RequestContext;
        var requests = _sends.Exists(request => request.RequestContext == context) ? _sends : _receives;
        var request = requests.Find(request => request.RequestContext == context);
        if (request is null)
        {
            io.Record.Report(LifecycleRule.NoCompletionWithoutARequest, $"{result}");
            return;
        }

        // A wait holds no bytes, so its place among the receives does not matter.
        var isInOrder = request.Kind == VerifiedKind.WaitForData
            || requests.Find(other => other.Kind == request.Kind) == request;
        lock (_lock)
        {
            requests.Remove(request);
        }

        EndMemory(request);
        if (request.Kind == VerifiedKind.Send)
        {
            OnSendDequeued();
        }
        else
        {
            OnReceiveDequeued();
        }

        CheckResult(request, result, isInOrder);
    }

    public IEnumerable<(LifecycleRule Rule, string What)> Leftovers()
    {
        lock (_lock)
        {
            return
            [
                .. _receives.Concat(_sends).Select(request => (LifecycleRule.NoRequestLeftOutstanding, $"{request}")),
                (LifecycleRule.NoRequestQueueLeftOpen, $"socket {socketContext:x}{(IsClosed ? ", closed and not drained" : "")}"),
            ];
        }
    }

    protected override void OnDrained() => completionQueue.OnDrained(this);

    private List<VerifiedRequest> RequestsOf(VerifiedKind kind) => kind == VerifiedKind.Send ? _sends : _receives;

    private bool IsFull(VerifiedKind kind)
        => RequestsOf(kind).Count >= (kind == VerifiedKind.Send ? MaxOutstandingSends : MaxOutstandingReceives);

    private VerifiedRequest Prepare(VerifiedKind kind, RioBuffer buffer, ulong context)
    {
        if (io.Scope == VerifierScope.Transport)
        {
            io.Record.ReportIf(IsClosed, LifecycleRule.NoRequestOnAClosedQueue, $"{kind} {context:x} on socket {socketContext:x}");
            io.Record.ReportIf(
                IsFull(kind), LifecycleRule.NoRequestBeyondTheLimit, $"{kind} {context:x} on socket {socketContext:x}");
        }

        var other = RequestsOf(kind == VerifiedKind.Send ? VerifiedKind.Receive : VerifiedKind.Send);
        var twin = other.Find(request => request.RequestContext == context)
            ?? RequestsOf(kind).Find(request => request.RequestContext == context && request.Kind != kind);
        var asked = $"{kind} {context:x}";
        io.Record.ReportIf(
            twin is not null, LifecycleRule.NoAmbiguousRequestContext, $"{asked} cannot be distinguished from {twin}.");
        if (kind == VerifiedKind.WaitForData)
        {
            return new VerifiedRequest(kind, buffer, socketContext, context);
        }

        var request = new VerifiedRequest(kind, buffer, socketContext, context);
        io.Memory.OnPosting(request);
        return request;
    }

    private SocketError Post(VerifiedRequest request, RequestFlags? flags, Func<SocketError> post)
    {
        SocketError error;
        try
        {
            error = post();
        }
        catch
        {
            EndMemory(request);
            throw;
        }

        if (error != SocketError.Success)
        {
            EndMemory(request);
            return error;
        }

        var mustBeRefused = IsClosed || IsFull(request.Kind);
        lock (_lock)
        {
            RequestsOf(request.Kind).Add(request);
        }

        if (request.Kind == VerifiedKind.Send)
        {
            OnSendQueued();
        }
        else
        {
            OnReceiveQueued();
        }

        if (flags is { } given)
        {
            if (given.HasFlag(RequestFlags.Defer))
            {
                _deferred++;
                completionQueue.Deferred++;
                CommitLater();
            }
            else
            {
                CommitDeferred();
            }
        }

        io.Record.ReportIf(mustBeRefused, LifecycleRule.NoAcceptanceOfWhatMustBeRefused, $"{request}");
        return error;
    }

    private void CommitDeferred()
    {
        completionQueue.Deferred -= _deferred;
        _deferred = 0;
    }

    private void EndMemory(VerifiedRequest request)
    {
        if (request.Kind != VerifiedKind.WaitForData)
        {
            io.Memory.OnEnded(request);
        }
    }

    private void CheckResult(VerifiedRequest request, in RioResult result, bool isInOrder)
    {
        io.Record.ReportIf(!isInOrder, LifecycleRule.NoCompletionOutOfOrder, $"{result} for {request}");
        var length = (uint)request.Buffer.Length;
        var isImpossible = result.BytesTransferred > length
            || (request.Kind == VerifiedKind.Send
                && result.Status == SocketError.Success
                && result.BytesTransferred != length);
        io.Record.ReportIf(isImpossible, LifecycleRule.NoImpossibleByteCount, $"{result} for {request}");
        io.Record.ReportIf(request.WasChanged, LifecycleRule.NoWriteIntoASendInFlight, $"{request}");
    }
}
