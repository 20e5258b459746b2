using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>
/// One <c>RIO_CQ</c>, and the completion port that says when there is something on it. The port also carries the wake-ups of
/// other threads and the completions of <c>AcceptEx</c>.
/// </summary>
internal sealed unsafe partial class WinsockCompletionQueue : CompletionQueue
{
    /// <summary>With what everything completes that was on a queue which is lost.</summary>
    public const SocketError Lost = SocketError.SocketError;

    private readonly WinsockFunctions _functions;
    private readonly CompletionPort _port;
    private readonly OverlappedBlock* _notification;
    private readonly nint _completionQueue;
    private readonly SlotTable<WinsockRequestQueue> _requestQueues = new();
    private readonly List<RioBuffer> _lostBuffers = [];

    // Completions that were made here, or were found while looking whether there is anything to wait for.
    private readonly Queue<(RioResult Result, ICompletionSource Source)> _ready = new();
    private string? _failure;
    private int _outstanding;
    private int _armedAcceptQueues;

    public WinsockCompletionQueue(WinsockFunctions functions, int capacity)
        : base(capacity)
    {
        _functions = functions;
        _port = new CompletionPort();
        _notification = (OverlappedBlock*)NativeMemory.AllocZeroed((nuint)sizeof(OverlappedBlock));
        var notification = new RioNotificationCompletion
        {
            Type = RioNotificationType.Iocp,
            IocpHandle = _port.Handle,
            CompletionKey = NotifyKey,
            Overlapped = (nint)_notification,
        };
        _completionQueue = functions.Rio.CreateCompletionQueue((uint)capacity, &notification);
        if (_completionQueue == RioExtensionFunctionTable.InvalidCompletionQueue)
        {
            var error = Marshal.GetLastSystemError();
            _port.Dispose();
            NativeMemory.Free(_notification);
            throw new CompletionQueueUnavailableException(
                $"Winsock refused a completion queue for {capacity} completions with error {error}. {WinsockProbe.Explain(error)}",
                isShortOfMemory: ErrorCode.ToSocketError(error) == SocketError.NoBufferSpaceAvailable);
        }
    }

    public override int Outstanding => _outstanding + _armedAcceptQueues;

    public override string? Failure => _failure;

    public override IReadOnlyList<RioBuffer> LostBuffers => _lostBuffers;

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
        => new WinsockAcceptQueue(_functions, this, listenSocket, socketContext);

    public override int Dequeue(Span<RioResult> results)
    {
        var count = TakeReady(results);
        if (count == results.Length)
        {
            return count;
        }

        count += TakeFromWinsock(results[count..]);

        // Where Winsock has just been found to have lost the queue, what it had is ready now.
        return count == 0 ? TakeReady(results) : count;
    }

    /// <summary>Counts a request that was accepted; it is counted down when its completion is dequeued.</summary>
    internal void OnAccepted() => _outstanding++;

    /// <summary>Queues a completion that does not come from the completion queue.</summary>
    internal void Complete(in RioResult result, ICompletionSource source) => _ready.Enqueue((result, source));

    internal void Remove(WinsockRequestQueue requestQueue, ulong key)
    {
        _requestQueues.Remove(key);
        Release(requestQueue);
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
            // Winsock may still write completions into a queue that it lost: it is kept, as its buffers are.
            return;
        }

        _functions.Rio.CloseCompletionQueue(_completionQueue);
        _port.Dispose();
        NativeMemory.Free(_notification);
    }

    private int TakeReady(Span<RioResult> results)
    {
        var count = 0;
        while (count < results.Length && _ready.TryDequeue(out var ready))
        {
            results[count++] = ready.Result;
            OnDequeued(ready.Source);
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
                OnDequeued(source);
            }
        }

        return count;
    }

    /// <summary>RIODequeueCompletion, whose RIORESULT is the contract's result as it stands.</summary>
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

    private void OnDequeued(ICompletionSource source)
    {
        _outstanding--;
        source.OnDequeued();
    }

    /// <summary>
    /// No completion can be taken any more, so none will be awaited: all requests complete here. What Winsock still does with
    /// their buffers nobody will know.
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
