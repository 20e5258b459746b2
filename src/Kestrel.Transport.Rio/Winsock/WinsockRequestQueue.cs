using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>A connected socket and its <c>RIO_RQ</c>, which has no close of its own: it goes with the socket.</summary>
internal sealed unsafe class WinsockRequestQueue : RequestQueue
{
    private const ulong Receiving = 0;
    private const ulong Sending = 1;

    private readonly WinsockFunctions _functions;
    private readonly WinsockCompletionQueue _completionQueue;
    private readonly nint _handle;
    private readonly ulong _socketContext;
    private readonly RequestLane _receives;
    private readonly RequestLane _sends;
    private readonly Lock _socketLock = new();
    private nint _requestQueue;
    private ulong _key;
    private ConnectionSocket? _socket;
    private bool _closed;
    private bool _lost;
    private bool _released;

    public WinsockRequestQueue(
        WinsockFunctions functions, WinsockCompletionQueue completionQueue, nint handle, ulong socketContext, int maxReceives, int maxSends)
        : base(maxReceives, maxSends)
    {
        _functions = functions;
        _completionQueue = completionQueue;
        _handle = handle;
        _socketContext = socketContext;
        _receives = new RequestLane(this, functions.Rio.Receive, Receiving, maxReceives);
        _sends = new RequestLane(this, functions.Rio.Send, Sending, maxSends);
    }

    /// <summary>
    /// It does not own the handle: the socket is closed by <see cref="Close"/> alone, with the import through which it was made.
    /// </summary>
    public override ConnectionSocket Socket
    {
        get
        {
            lock (_socketLock)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                return _socket ??= new ConnectionSocket(new SafeSocketHandle(_handle, ownsHandle: false));
            }
        }
    }

    /// <summary>A commit that could not be made has to be made again.</summary>
    public bool OwesCommit => !_closed && !_lost && (_receives.OwesCommit || _sends.OwesCommit);

    /// <summary>Asks Winsock for the request queue. On failure the socket is still the caller's.</summary>
    public SocketError Open(nint completionQueue, ulong key)
    {
        _key = key;
        _requestQueue = _functions.Rio.CreateRequestQueue(
            _handle, (uint)_receives.Room, 1, (uint)_sends.Room, 1, completionQueue, completionQueue, (nuint)key);
        if (_requestQueue != RioExtensionFunctionTable.InvalidRequestQueue)
        {
            return SocketError.Success;
        }

        var error = Marshal.GetLastSystemError();
        return error == 0 ? SocketError.NoBufferSpaceAvailable : ErrorCode.ToSocketError(error);
    }

    public override EndPoint? GetLocalEndPoint(EndPoint family) => _closed ? null : SocketName.OfSocket(_handle, family);

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
        => Accept(_receives, buffer, requestContext, flags);

    public override SocketError WaitForData(ulong requestContext)
        => throw new NotSupportedException("Winsock documents no request that waits for data without a buffer.");

    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
        => throw new NotSupportedException("A request queue of Winsock takes one call at a time, and answers by completions.");

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
        => Accept(_sends, buffer, requestContext, flags);

    public override void Commit()
    {
        if (!_closed && !_lost)
        {
            _receives.Commit();
            _sends.Commit();
            Start(_receives);
            Start(_sends);
        }
    }

    public override SocketError ShutdownSend()
    {
        if (_closed)
        {
            return SocketError.OperationAborted;
        }

        return Ws2.Shutdown(_handle, Ws2.ShutdownSend) == 0
            ? SocketError.Success
            : ErrorCode.ToSocketError(Marshal.GetLastPInvokeError());
    }

    /// <summary>
    /// After <c>closesocket</c> the requests that Winsock has still complete, each for itself, and until then the completion
    /// queue keeps this one's share.
    /// </summary>
    public override void Close(CloseMode mode)
    {
        if (_closed)
        {
            return;
        }

        CommitOwed();
        lock (_socketLock)
        {
            _closed = true;
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
                // With sends outstanding, which a caller does not do that wants them to arrive, there is no orderly end to show.
                _ = Ws2.Shutdown(_handle, Ws2.ShutdownSend);
            }

            CloseWithoutWaiting();
        }

        _ = Ws2.Close(_handle);
        _receives.Error = SocketError.OperationAborted;
        _sends.Error = SocketError.OperationAborted;
        FailUnposted(_receives);
        FailUnposted(_sends);
        ReleaseIfDrained();
    }

    /// <summary>Makes of Winsock's result the caller's, in place; what comes of it goes behind it.</summary>
    public ICompletionSource OnCompleted(ref RioResult result)
    {
        var isSend = (result.RequestContext & Sending) != 0;
        var lane = isSend ? _sends : _receives;
        var request = lane.Complete(result.RequestContext);
        var status = ErrorCode.ToSocketError((int)result.Status);
        var bytes = result.BytesTransferred;
        if (isSend)
        {
            status = CheckSend(status, bytes, request.Buffer.Length);
        }
        else if (_closed && bytes == 0)
        {
            // It ended because the socket was closed here, however Winsock puts it: a success would look like a FIN.
            status = SocketError.OperationAborted;
        }

        result = new RioResult(status, status == SocketError.Success || isSend ? bytes : 0, _socketContext, request.Context);
        if (lane.Error == SocketError.Success)
        {
            Start(lane);
        }
        else
        {
            FailUnposted(lane);
        }

        return lane;
    }

    /// <summary>The share of the completion queue goes back with the last completion that the caller takes.</summary>
    public void ReleaseIfDrained()
    {
        if (_closed && !_released && _receives.Outstanding == 0 && _sends.Outstanding == 0)
        {
            _released = true;
            _completionQueue.Remove(this, _key);
        }
    }

    /// <summary>Makes up for a commit that failed before; to be called until nothing is owed.</summary>
    public void CommitOwed()
    {
        if (OwesCommit)
        {
            _receives.CommitOwed(_requestQueue);
            _sends.CommitOwed(_requestQueue);
        }
    }

    /// <summary>
    /// The completion queue is lost, and no completion will come. Everything completes with an error here; the buffers of
    /// what Winsock had go to <paramref name="lostBuffers"/>.
    /// </summary>
    public void OnCompletionQueueLost(List<RioBuffer> lostBuffers)
    {
        _lost = true;
        Lose(_receives, lostBuffers);
        Lose(_sends, lostBuffers);
    }

    /// <summary>
    /// A socket that lingers for a time has its <c>closesocket</c> wait for the peer: it would be the poller that waits. A time of 0, which
    /// makes the close a reset, stays.
    /// </summary>
    private void CloseWithoutWaiting()
    {
        Linger linger;
        var length = sizeof(Linger);
        if (Ws2.GetOption(_handle, Ws2.LevelSocket, Ws2.OptionLinger, &linger, &length) == 0 && linger is { OnOff: not 0, Seconds: > 0 })
        {
            SetLinger(default);
        }
    }

    private void SetLinger(Linger linger)
        => _ = Ws2.SetOption(_handle, Ws2.LevelSocket, Ws2.OptionLinger, &linger, sizeof(Linger));

    private SocketError Accept(RequestLane lane, in RioBuffer buffer, ulong context, RequestFlags flags)
    {
        if (_closed)
        {
            return SocketError.OperationAborted;
        }

        if (_lost)
        {
            return WinsockCompletionQueue.Lost;
        }

        if (lane.IsFull)
        {
            return SocketError.NoBufferSpaceAvailable;
        }

        lane.Add(buffer, context);
        _completionQueue.OnAccepted();
        if ((flags & RequestFlags.Defer) == 0)
        {
            Commit();
        }

        return SocketError.Success;
    }

    /// <summary>A send that fails, or falls short, leaves a hole in the stream: nothing may follow it.</summary>
    private SocketError CheckSend(SocketError status, uint bytes, int length)
    {
        if (status == SocketError.Success && bytes != (uint)length)
        {
            status = SocketError.ConnectionAborted;
        }

        if (status != SocketError.Success && _sends.Error == SocketError.Success)
        {
            _sends.Error = status;
        }

        return status;
    }

    private void Start(RequestLane lane)
    {
        if (lane.Error == SocketError.Success)
        {
            GrowFor(lane);
            lane.Error = lane.Post(_requestQueue);
            if (lane.OwesCommit)
            {
                _completionQueue.OnCommitOwed(this);
            }
        }

        if (lane.Error != SocketError.Success)
        {
            FailUnposted(lane);
        }
    }

    /// <summary>
    /// The completion queue has the room: it was charged with the limits from the beginning. If Winsock has no memory for it
    /// the requests take turns in the room there is.
    /// </summary>
    private void GrowFor(RequestLane lane)
    {
        var wanted = lane.RoomWanted;
        if (wanted == lane.Room)
        {
            return;
        }

        var receives = lane == _receives ? wanted : _receives.Room;
        var sends = lane == _sends ? wanted : _sends.Room;
        if (_functions.Rio.ResizeRequestQueue(_requestQueue, (uint)receives, (uint)sends) != 0)
        {
            lane.Room = wanted;
        }
    }

    /// <summary>
    /// Completes with the lane's error what was not posted, once what was posted has completed. After close that is
    /// everything; before, what is deferred stays the caller's to commit.
    /// </summary>
    private void FailUnposted(RequestLane lane)
    {
        while (lane.TryTakeUnposted(alsoDeferred: _closed, out var request))
        {
            Complete(lane, lane.Error, request);
        }

        if (!_closed && lane == _receives && lane.InKernel == 0)
        {
            // Unlike a send, a receive that was refused takes nothing with it.
            lane.Error = SocketError.Success;
        }
    }

    private void Lose(RequestLane lane, List<RioBuffer> lostBuffers)
    {
        lane.Error = WinsockCompletionQueue.Lost;
        while (lane.TryTakeLost(out var request))
        {
            lostBuffers.Add(request.Buffer);
            Complete(lane, lane.Error, request);
        }

        while (lane.TryTakeUnposted(alsoDeferred: true, out var request))
        {
            Complete(lane, lane.Error, request);
        }
    }

    private void Complete(RequestLane lane, SocketError status, in WinsockRequest request)
        => _completionQueue.Complete(new RioResult(status, 0, _socketContext, request.Context), lane);
}
