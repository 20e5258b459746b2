using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;
using LingerOption = Kestrel.Transport.Rio.IoUring.Interop.LingerOption;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>A connected, non-blocking socket on a ring: its two directions, and its end.</summary>
internal sealed class IoUringRequestQueue : RequestQueue, IRingTarget
{
    private readonly IoUringCompletionQueue _completionQueue;
    private readonly ulong _socketContext;
    private readonly Lock _socketLock = new();
    private readonly ReceiveDirection _receives;
    private readonly SendDirection _sends;
    private PollEvents _interest = PollEvents.In | PollEvents.Urgent | PollEvents.PeerEnded | PollEvents.EdgeTriggered;
    private ConnectionSocket? _socket;

    public IoUringRequestQueue(
        IoUringCompletionQueue completionQueue, AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends)
        : base(completionQueue, maxReceives, maxSends)
    {
        _completionQueue = completionQueue;
        Descriptor = (int)socket.Handle;
        EmptiesWhenShort = socket.RemoteEndPoint is IPEndPoint;
        _socketContext = socketContext;
        _receives = new ReceiveDirection(this, completionQueue);
        _sends = new SendDirection(this, completionQueue);
    }

    public int Descriptor { get; }

    /// <summary>Slot and generation.</summary>
    public ulong Key { get; private set; }

    /// <summary>
    /// Whether a receive that returned less than it asked for has emptied the socket. On a Unix domain socket it may have ended before
    /// bytes that carry descriptors.
    /// </summary>
    public bool EmptiesWhenShort { get; }

    public override ConnectionSocket Socket
    {
        get
        {
            lock (_socketLock)
            {
                ObjectDisposedException.ThrowIf(IsClosed, this);

                return _socket ??= Duplicate();
            }
        }
    }

    /// <summary>Asks for the readiness of the socket. On failure the socket is still the caller's.</summary>
    public SocketError Open()
    {
        Key = _completionQueue.AddTarget(this);
        var errno = _completionQueue.AddReadiness(Descriptor, _interest, Key);
        if (errno != 0)
        {
            _completionQueue.RemoveTarget(Key);
        }

        return Errno.ToSocketError(errno);
    }

    public override EndPoint? GetLocalEndPoint(EndPoint family) => SocketName.OfSocket(Descriptor, family);

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
        => Post(new ReceiveRequest(buffer, requestContext), flags);

    public override SocketError WaitForData(ulong requestContext) => Post(new ReceiveRequest(default, requestContext), RequestFlags.None);

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        if (IsClosed)
        {
            return SocketError.OperationAborted;
        }

        if (!HasRoomForSend)
        {
            return SocketError.NoBufferSpaceAvailable;
        }

        OnSendQueued();
        _sends.Add(new SendRequest(buffer, requestContext, 0));
        CommitBy(flags);
        return SocketError.Success;
    }

    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
        // Close waits for this lock: a closed descriptor's number may be another connection's. The call below does not wait, so
        // neither does Close.
        lock (_socketLock)
        {
            sent = 0;
            return IsClosed ? SocketError.OperationAborted : _sends.SendAtOnce(buffers, out sent);
        }
    }

    public override void Commit()
    {
        if (!IsClosed)
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

        return LibC.Shutdown(Descriptor, LibC.ShutWrite) == 0
            ? SocketError.Success
            : Errno.ToSocketError(Marshal.GetLastPInvokeError());
    }

    public override void Close(CloseMode mode)
    {
        if (IsClosed)
        {
            return;
        }

        if (mode == CloseMode.Abortive)
        {
            Reset();
        }
        else
        {
            // A close with unread bytes sends RST alone. With a FIN before it the peer reads all bytes that it was sent.
            // Not IORING_OP_SHUTDOWN: that always takes a worker thread of the kernel.
            _ = LibC.Shutdown(Descriptor, LibC.ShutWrite);
            CloseWithoutWaiting();
        }

        CloseSocket();

        // Requests in the ring complete there, the others here.
        _receives.Abort();
        _sends.Abort();
        ReleaseIfDrained();
    }

    public void OnReady(PollEvents events, ref ResultSink sink)
    {
        if (!IsClosed)
        {
            _receives.OnReady(events);
            _sends.OnReady(events);
        }
    }

    public void OnCompletion(OperationKind kind, in CompletionEntry completion, ref ResultSink sink)
    {
        if (kind == OperationKind.Receive)
        {
            _receives.OnCompletion(completion.Result, completion.Flags, ref sink);
        }
        else
        {
            _sends.OnCompletion(completion.Result, ref sink);
        }
    }

    /// <summary>
    /// Has the current readiness of the socket reported again, and <paramref name="events"/> from now on.
    /// </summary>
    public void Rearm(PollEvents events)
    {
        _interest |= events;
        _ = _completionQueue.RearmReadiness(Descriptor, _interest, Key);
    }

    public bool Asks(PollEvents events) => (_interest & events) != 0;

    /// <summary>The outcome of a request of this queue.</summary>
    public RioResult Result(SocketError status, int bytes, ulong requestContext) => new(status, (uint)bytes, _socketContext, requestContext);

    /// <summary>The status of a receive that has met the end of the input. It meets an end, too, after the socket's error was reported to a writer.</summary>
    public SocketError StatusOfEnd()
    {
        lock (_socketLock)
        {
            return _sends.ReportedToWriter;
        }
    }

    protected override void OnDrained()
    {
        _sends.Release();
        _completionQueue.RemoveTarget(Key);
    }

    private SocketError Post(in ReceiveRequest request, RequestFlags flags)
    {
        if (IsClosed)
        {
            return SocketError.OperationAborted;
        }

        if (!HasRoomForReceive)
        {
            return SocketError.NoBufferSpaceAvailable;
        }

        OnReceiveQueued();
        _receives.Add(request);
        CommitBy(flags);
        return SocketError.Success;
    }

    /// <summary>
    /// A managed socket with a descriptor of its own. The application may dispose it at any time, which frees the number. With a
    /// shared descriptor, operations of the ring could reach the next owner of that number.
    /// </summary>
    private ConnectionSocket Duplicate()
    {
        var duplicate = LibC.Control(Descriptor, LibC.DuplicateCloseOnExec, 0);
        if (duplicate < 0)
        {
            throw new SocketException((int)Errno.ToSocketError(Marshal.GetLastPInvokeError()));
        }

        var handle = new SafeSocketHandle(duplicate, ownsHandle: true);
        try
        {
            return new ConnectionSocket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private void Reset() => SetLinger(new LingerOption { OnOff = 1, Seconds = 0 });

    /// <summary>
    /// Turns lingering off: with a time set, the close waits for the peer, even on a non-blocking socket (socket(7)), and the poller
    /// would wait with it. The kernel sends the remaining bytes in any case. A time of 0, which makes the close a reset, stays.
    /// </summary>
    private unsafe void CloseWithoutWaiting()
    {
        LingerOption linger;
        var length = (uint)sizeof(LingerOption);
        if (LibC.GetSocketOption(Descriptor, LibC.SolSocket, LibC.SoLinger, &linger, &length) == 0 && linger is { OnOff: not 0, Seconds: > 0 })
        {
            SetLinger(default);
        }
    }

    private unsafe void SetLinger(LingerOption linger)
        => _ = LibC.SetSocketOption(Descriptor, LibC.SolSocket, LibC.SoLinger, &linger, (uint)sizeof(LingerOption));

    private void CloseSocket()
    {
        lock (_socketLock)
        {
            MarkClosed();
            if (_socket is not null)
            {
                // The application may have made duplicates, and the set follows the socket, not the descriptor.
                _completionQueue.RemoveReadiness(Descriptor);
                _socket.Dispose();
            }
        }

        // Through the ring, and so behind every prepared operation on the descriptor.
        _completionQueue.CloseDescriptor(Descriptor);
    }
}
