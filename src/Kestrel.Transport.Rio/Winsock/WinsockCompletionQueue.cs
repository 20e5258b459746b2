using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>
/// One <c>RIO_CQ</c>, and the port that reports its completions. A completion can be found only by taking it, so those found before
/// the owner asks for them are kept here.
/// </summary>
internal sealed unsafe class WinsockCompletionQueue : CompletionQueue
{
    /// <summary>The status of every request on a lost queue.</summary>
    public const SocketError Lost = SocketError.SocketError;

    private const int PeekBatch = 64;

    // On a queue that never runs empty, the port is checked for new connections once per this many passes: a check is a system call.
    private const int PassesPerLookForAccepts = 16;

    // For a commit that Winsock had no memory for.
    private static readonly TimeSpan s_commitRetry = TimeSpan.FromMilliseconds(10);

    private readonly WinsockFunctions _functions;
    private readonly NotificationPort _port = new();
    private readonly nint _completionQueue;
    private readonly SlotTable<WinsockRequestQueue> _requestQueues = new();
    private readonly List<RioBuffer> _lostBuffers = [];

    // Polling makes no system call. Arming and the wait make two, and yielding the core would make one.
    private readonly AdaptiveSpin _spin = new(yields: false);
    private readonly RioResult[] _peeked = new RioResult[PeekBatch];
    private readonly List<WinsockRequestQueue> _owing = [];

    // Completions that were made here, or were found before a wait.
    private readonly Queue<(RioResult Result, ICompletionSource Source)> _ready = new();
    private string? _failure;
    private int _armedAcceptQueues;
    private int _passesWithoutLook;

    public WinsockCompletionQueue(WinsockFunctions functions, int capacity)
        : base(capacity)
    {
        _functions = functions;
        var notification = _port.Notification;
        _completionQueue = functions.Rio.CreateCompletionQueue((uint)capacity, &notification);
        if (_completionQueue == RioExtensionFunctionTable.InvalidCompletionQueue)
        {
            var error = Marshal.GetLastSystemError();
            _port.Dispose();
            throw new CompletionQueueUnavailableException(
                $"Winsock refused a completion queue for {capacity} completions with error {error}. {WinsockProbe.Explain(error)}",
                isShortOfMemory: ErrorCode.ToSocketError(error) == SocketError.NoBufferSpaceAvailable);
        }
    }

    public override int Outstanding => OutstandingRequests + _armedAcceptQueues;

    public override string? Failure => _failure;

    public override IReadOnlyList<RioBuffer> LostBuffers => _lostBuffers;

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
        => new WinsockAcceptQueue(_functions, this, _port, listenSocket, socketContext);

    public override int Dequeue(Span<RioResult> results)
    {
        var count = TakeReady(results);
        if (count == results.Length)
        {
            return count;
        }

        count += TakeFromWinsock(results[count..]);

        // When Winsock has just lost the queue, the requests it had are ready now.
        return count == 0 ? TakeReady(results) : count;
    }

    /// <summary>Retries failed commits. Commits that succeeded have handed over everything else.</summary>
    public override void Submit()
    {
        RetryCommits();
        LookForAccepts();
    }

    public override bool Wait(TimeSpan timeout)
    {
        RetryCommits();
        if (_ready.Count > 0 || Peek(maySpin: timeout != TimeSpan.Zero))
        {
            LookForAccepts();
            return false;
        }

        if (timeout != TimeSpan.Zero)
        {
            Arm();
        }

        if (_ready.Count > 0)
        {
            return false;
        }

        TakePackets(_owing.Count == 0 || (timeout >= TimeSpan.Zero && timeout < s_commitRetry) ? timeout : s_commitRetry);
        return timeout != TimeSpan.Zero;
    }

    public override void Wake() => _port.Wake();

    /// <summary>Queues a completion that does not come from the completion queue.</summary>
    internal void Complete(in RioResult result, ICompletionSource source) => _ready.Enqueue((result, source));

    internal void Remove(ulong key) => _requestQueues.Remove(key);

    /// <summary>A commit has failed, and is retried until it succeeds.</summary>
    internal void OnCommitOwed(WinsockRequestQueue requestQueue)
    {
        if (!_owing.Contains(requestQueue))
        {
            _owing.Add(requestQueue);
        }
    }

    /// <summary>An armed accept queue counts as one request, so that its port is not closed under it.</summary>
    internal void OnAcceptsArmed() => _armedAcceptQueues++;

    internal void OnAcceptsDisarmed() => _armedAcceptQueues--;

    protected override SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        requestQueue = null;
        if (_failure is not null)
        {
            DiscardCore(socket);
            return Lost;
        }

        var queue = new WinsockRequestQueue(_functions, this, socket.Handle, socketContext, maxReceives, maxSends);
        var key = _requestQueues.Add(queue);
        var error = queue.Open(_completionQueue, key);
        if (error != SocketError.Success)
        {
            _requestQueues.Remove(key);
            DiscardCore(socket);
            return error;
        }

        requestQueue = queue;
        return SocketError.Success;
    }

    protected override void DiscardCore(AcceptedSocket socket)
    {
        socket.Socket?.Dispose();
        _ = Ws2.Close(socket.Handle);
    }

    protected override SocketError ResizeCore(int capacity)
    {
        if (capacity > RioExtensionFunctionTable.MaxCompletionQueueSize || _failure is not null)
        {
            return SocketError.NoBufferSpaceAvailable;
        }

        if (_functions.Rio.ResizeCompletionQueue(_completionQueue, (uint)capacity) != 0)
        {
            return SocketError.Success;
        }

        var error = Marshal.GetLastSystemError();
        return error == 0 ? SocketError.NoBufferSpaceAvailable : ErrorCode.ToSocketError(error);
    }

    protected override void DisposeCore()
    {
        if (_lostBuffers.Count > 0)
        {
            // Winsock may still write completions into a lost queue: the queue stays, as its buffers do.
            return;
        }

        _functions.Rio.CloseCompletionQueue(_completionQueue);
        _port.Dispose();
    }

    private int TakeReady(Span<RioResult> results)
    {
        var count = 0;
        while (count < results.Length && _ready.TryDequeue(out var ready))
        {
            results[count++] = ready.Result;
            ready.Source.OnDequeued();
        }

        return count;
    }

    private int TakeFromWinsock(Span<RioResult> results)
    {
        var found = DequeueRaw(results);
        var count = 0;
        for (var i = 0; i < found; i++)
        {
            var result = results[i];
            if (TryTranslate(ref result, out var source))
            {
                results[count++] = result;
                source.OnDequeued();
            }
        }

        return count;
    }

    /// <summary>RIODequeueCompletion. Its RIORESULT has the layout of the contract's result.</summary>
    private int DequeueRaw(Span<RioResult> results)
    {
        if (_failure is not null)
        {
            return 0;
        }

        uint count;
        fixed (RioResult* first = results)
        {
            count = _functions.Rio.DequeueCompletion(_completionQueue, first, (uint)results.Length);
        }

        if (count != RioExtensionFunctionTable.CorruptCompletionQueue)
        {
            return (int)count;
        }

        Fail("Winsock has lost the completion queue of this poller (RIO_CORRUPT_CQ). Its connections end, and it takes no new ones.");
        return 0;
    }

    private bool TryTranslate(ref RioResult result, [NotNullWhen(true)] out ICompletionSource? source)
    {
        if (_requestQueues.TryGet(result.SocketContext, out var requestQueue))
        {
            source = requestQueue.OnCompleted(ref result);
            return true;
        }

        // A request queue stays in the table until its last request has completed.
        Debug.Fail("A completion for a request queue that is gone.");
        source = null;
        return false;
    }

    private void RetryCommits()
    {
        for (var i = _owing.Count - 1; i >= 0; i--)
        {
            _owing[i].CommitOwed();
            if (!_owing[i].OwesCommit)
            {
                _owing.RemoveAt(i);
            }
        }
    }

    /// <summary>Whether there are completions, now or soon.</summary>
    private bool Peek(bool maySpin)
    {
        if (TakeOver())
        {
            return true;
        }

        if (!maySpin || !_spin.Begin())
        {
            return false;
        }

        while (!_port.IsWoken && _spin.GoOn())
        {
            if (TakeOver())
            {
                _spin.OnFound();
                return true;
            }
        }

        return false;
    }

    private bool TakeOver()
    {
        var count = DequeueRaw(_peeked);
        for (var i = 0; i < count; i++)
        {
            var result = _peeked[i];
            if (TryTranslate(ref result, out var source))
            {
                _ready.Enqueue((result, source));
            }
        }

        return _ready.Count > 0;
    }

    private void Arm()
    {
        if (_failure is null && _port.Arm(_functions, _completionQueue) is var error and not 0)
        {
            Fail($"Winsock can no longer tell when the completion queue of this poller has something on it (RIONotify: {error}). "
                + "Its connections end, and it takes no new ones.");
        }
    }

    private void LookForAccepts()
    {
        if (_armedAcceptQueues > 0 && ++_passesWithoutLook >= PassesPerLookForAccepts)
        {
            TakePackets(TimeSpan.Zero);
        }
    }

    private void TakePackets(TimeSpan timeout)
    {
        _passesWithoutLook = 0;
        _port.Take(timeout);
    }

    /// <summary>
    /// No completion can be taken any more, so all requests complete here. Whether Winsock still uses their buffers is unknown.
    /// </summary>
    private void Fail(string reason)
    {
        _failure = reason;
        foreach (var requestQueue in _requestQueues.ToArray())
        {
            requestQueue.OnCompletionQueueLost(_lostBuffers);
        }
    }
}
