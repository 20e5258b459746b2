using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>A connected socket and its <c>RIO_RQ</c>, which has no close of its own: it goes with the socket.</summary>
internal sealed unsafe class WinsockRequestQueue : RequestQueue
{
    private readonly WinsockFunctions _functions;
    private readonly WinsockCompletionQueue _completionQueue;
    private readonly nint _socketHandle;
    private readonly ulong _socketContext;
    private readonly ReceiveDirection _receives;
    private readonly SendDirection _sends;
    private readonly Lock _socketLock = new();
    private ulong _key;
    private ConnectionSocket? _socket;
    private bool _lost;

    public WinsockRequestQueue(
        WinsockFunctions functions, WinsockCompletionQueue completionQueue, nint socketHandle, ulong socketContext, int maxReceives, int maxSends)
        : base(completionQueue, maxReceives, maxSends)
    {
        _functions = functions;
        _completionQueue = completionQueue;
        _socketHandle = socketHandle;
        _socketContext = socketContext;
        _receives = new ReceiveDirection(this, completionQueue, functions, maxReceives);
        _sends = new SendDirection(this, completionQueue, functions, maxSends);
    }

    /// <summary>The <c>RIO_RQ</c>.</summary>
    public nint Handle { get; private set; }

    /// <summary>
    /// It does not own the handle: only <see cref="Close"/> closes the socket, with the import through which it was made.
    /// </summary>
    public override ConnectionSocket Socket
    {
        get
        {
            lock (_socketLock)
            {
                ObjectDisposedException.ThrowIf(IsClosed, this);
                return _socket ??= new ConnectionSocket(new SafeSocketHandle(_socketHandle, ownsHandle: false));
            }
        }
    }

    /// <summary>A commit has failed and must be retried.</summary>
    public bool OwesCommit => !IsClosed && !_lost && (_receives.OwesCommit || _sends.OwesCommit);

    /// <summary>Asks Winsock for the request queue. On failure the socket is still the caller's.</summary>
    public SocketError Open(nint completionQueue, ulong key)
    {
        _key = key;
        Handle = _functions.Rio.CreateRequestQueue(
            _socketHandle, (uint)_receives.Room, 1, (uint)_sends.Room, 1, completionQueue, completionQueue, (nuint)key);
        if (Handle != RioExtensionFunctionTable.InvalidRequestQueue)
        {
            return SocketError.Success;
        }

        var error = Marshal.GetLastSystemError();
        return error == 0 ? SocketError.NoBufferSpaceAvailable : ErrorCode.ToSocketError(error);
    }

    public override EndPoint? GetLocalEndPoint(EndPoint family) => IsClosed ? null : SocketName.OfSocket(_socketHandle, family);

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        if (Refusal(HasRoomForReceive) is var error and not SocketError.Success)
        {
            return error;
        }

        OnReceiveQueued();
        _receives.Add(buffer, requestContext);
        CommitBy(flags);
        return SocketError.Success;
    }

    public override SocketError WaitForData(ulong requestContext)
        => throw new NotSupportedException("Winsock documents no request that waits for data without a buffer.");

    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
        => throw new NotSupportedException("A request queue of Winsock takes one call at a time, and answers by completions.");

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        if (Refusal(HasRoomForSend) is var error and not SocketError.Success)
        {
            return error;
        }

        OnSendQueued();
        _sends.Add(buffer, requestContext);
        CommitBy(flags);
        return SocketError.Success;
    }

    public override void Commit()
    {
        if (!IsClosed && !_lost)
        {
            _receives.Commit();
            _sends.Commit();
        }
    }

    public override SocketError ShutdownSend()
    {
        if (IsClosed)
        {
            return SocketError.OperationAborted;
        }

        return Ws2.Shutdown(_socketHandle, Ws2.ShutdownSend) == 0
            ? SocketError.Success
            : ErrorCode.ToSocketError(Marshal.GetLastPInvokeError());
    }

    /// <summary>
    /// The requests that Winsock holds complete one by one after <c>closesocket</c>. Until then the completion queue keeps this
    /// queue's charge.
    /// </summary>
    public override void Close(CloseMode mode)
    {
        if (IsClosed)
        {
            return;
        }

        CommitOwed();
        lock (_socketLock)
        {
            MarkClosed();
            _socket?.Dispose();
        }

        if (mode == CloseMode.Abortive)
        {
            SetLinger(new Linger { OnOff = 1, Seconds = 0 });
        }
        else
        {
            if (_sends.InKernel == 0)
            {
                // With sends outstanding there is no orderly end to show: the close may cut them off.
                _ = Ws2.Shutdown(_socketHandle, Ws2.ShutdownSend);
            }

            CloseWithoutWaiting();
        }

        _ = Ws2.Close(_socketHandle);
        _receives.Abort();
        _sends.Abort();
        ReleaseIfDrained();
    }

    /// <summary>Makes the caller's result of Winsock's, in place. Completions that it causes follow it.</summary>
    public ICompletionSource OnCompleted(ref RioResult result)
    {
        RequestDirection direction = (result.RequestContext & SendDirection.Bit) != 0 ? _sends : _receives;
        result = direction.Complete(result);
        return direction;
    }

    /// <summary>The outcome of a request of this queue.</summary>
    public RioResult Result(SocketError status, uint bytes, ulong requestContext) => new(status, bytes, _socketContext, requestContext);

    /// <summary>Asks Winsock for more room for one direction. False when it has no memory for it.</summary>
    public bool TryGrow(RequestDirection direction, int room)
    {
        var receives = direction == _receives ? room : _receives.Room;
        var sends = direction == _sends ? room : _sends.Room;
        return _functions.Rio.ResizeRequestQueue(Handle, (uint)receives, (uint)sends) != 0;
    }

    /// <summary>Retries a commit that failed. Called until it succeeds.</summary>
    public void CommitOwed()
    {
        if (OwesCommit)
        {
            _receives.CommitOwed();
            _sends.CommitOwed();
        }
    }

    /// <summary>
    /// The completion queue is lost, and no completion will come. Every request completes with an error here. The buffers of
    /// those that Winsock held go to <paramref name="lostBuffers"/>.
    /// </summary>
    public void OnCompletionQueueLost(List<RioBuffer> lostBuffers)
    {
        _lost = true;
        _receives.Lose(lostBuffers);
        _sends.Lose(lostBuffers);
    }

    protected override void OnDrained() => _completionQueue.Remove(_key);

    /// <summary>
    /// Turns lingering off: with a time set, <c>closesocket</c> waits for the peer, and the poller would wait with it. A time of 0,
    /// which makes the close a reset, stays.
    /// </summary>
    private void CloseWithoutWaiting()
    {
        Linger linger;
        var length = sizeof(Linger);
        if (Ws2.GetOption(_socketHandle, Ws2.LevelSocket, Ws2.OptionLinger, &linger, &length) == 0 && linger is { OnOff: not 0, Seconds: > 0 })
        {
            SetLinger(default);
        }
    }

    private void SetLinger(Linger linger)
        => _ = Ws2.SetOption(_socketHandle, Ws2.LevelSocket, Ws2.OptionLinger, &linger, sizeof(Linger));

    private SocketError Refusal(bool hasRoom)
        => IsClosed ? SocketError.OperationAborted
            : _lost ? WinsockCompletionQueue.Lost
            : hasRoom ? SocketError.Success
            : SocketError.NoBufferSpaceAvailable;
}
