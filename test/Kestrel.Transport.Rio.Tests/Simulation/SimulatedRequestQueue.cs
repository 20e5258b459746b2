using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

internal sealed class SimulatedRequestQueue : RequestQueue
{
    private static readonly SocketError[] s_receiveErrors = [SocketError.ConnectionReset, SocketError.NoBufferSpaceAvailable];

    private static readonly SocketError[] s_sendErrors =
        [SocketError.ConnectionReset, SocketError.ConnectionAborted, SocketError.NoBufferSpaceAvailable];

    private readonly SimulatedIo _io;
    private readonly SimulatedCompletionQueue _completionQueue;
    private readonly SimulatedConnection _connection;
    private readonly SimulatedDirection _receives;
    private readonly SimulatedDirection _sends;
    private Socket? _unconnected;
    private ConnectionSocket? _socket;

    public SimulatedRequestQueue(
        SimulatedIo io,
        SimulatedCompletionQueue completionQueue,
        SimulatedConnection connection,
        Socket? socket,
        ulong socketContext,
        int maxReceives,
        int maxSends)
        : base(completionQueue, maxReceives, maxSends)
    {
        _io = io;
        _completionQueue = completionQueue;
        _connection = connection;
        _unconnected = socket;
        SocketContext = socketContext;
        _receives = new SimulatedDirection(io, connection);
        _sends = new SimulatedDirection(io, connection);
    }

    public ulong SocketContext { get; }

    /// <summary>
    /// A real but unconnected socket: options can be set on it and features can show it, and no byte can pass it by.
    /// </summary>
    public override ConnectionSocket Socket
    {
        get
        {
            lock (_io.Gate)
            {
                ObjectDisposedException.ThrowIf(IsClosed, this);
                return _socket ??= new ConnectionSocket((_unconnected ??= SimulatedIo.NewUnconnectedSocket()).SafeHandle);
            }
        }
    }

    public override EndPoint? GetLocalEndPoint(EndPoint family) => _connection.ServerEndPoint;

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        lock (_io.Gate)
        {
            var error = Refusal(HasRoomForReceive, buffer);
            if (error == SocketError.Success)
            {
                Scribble(buffer);
                Post(_receives, NewRequest(RequestKind.Receive, buffer, requestContext), flags);
            }

            return error;
        }
    }

    public override SocketError WaitForData(ulong requestContext)
    {
        if (!_io.Capabilities.CanWaitForData)
        {
            throw new NotSupportedException("This simulated machine cannot wait for data without a buffer.");
        }

        lock (_io.Gate)
        {
            var error = Refusal(HasRoomForReceive, buffer: null);
            if (error == SocketError.Success)
            {
                Post(_receives, NewRequest(RequestKind.WaitForData, default, requestContext), RequestFlags.None);
            }

            return error;
        }
    }

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        lock (_io.Gate)
        {
            var error = Refusal(HasRoomForSend, buffer);
            if (error == SocketError.Success)
            {
                Post(_sends, NewRequest(RequestKind.Send, buffer, requestContext), flags);
            }

            return error;
        }
    }

    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
        if (!_io.Capabilities.CanSendAtOnce)
        {
            throw new NotSupportedException("This simulated machine sends by requests alone.");
        }

        lock (_io.Gate)
        {
            sent = 0;
            if (IsClosed)
            {
                return SocketError.OperationAborted;
            }

            while (buffers.Length > 0 && _connection.SendAtOnce(buffers[0]) is var count and > 0)
            {
                sent += count;
                if (count < buffers[0].Length)
                {
                    break;
                }

                buffers = buffers[1..];
            }

            return sent > 0 ? SocketError.Success : _connection.SendError ?? SocketError.WouldBlock;
        }
    }

    public override void Commit()
    {
        lock (_io.Gate)
        {
            CommitDeferred();
        }
    }

    public override SocketError ShutdownSend()
    {
        lock (_io.Gate)
        {
            if (IsClosed)
            {
                return SocketError.OperationAborted;
            }

            if (_connection.IsBroken)
            {
                return SocketError.NotConnected;
            }

            _connection.FinishAsServer();
            _io.Changed();
            return SocketError.Success;
        }
    }

    public override void Close(CloseMode mode)
    {
        lock (_io.Gate)
        {
            if (IsClosed)
            {
                return;
            }

            MarkClosed();
            _socket?.Dispose();
            _unconnected?.Dispose();
            _connection.CloseAsServer(mode);
            _receives.Abort(_completionQueue.CurrentPass);
            _sends.Abort(_completionQueue.CurrentPass);
            _completionQueue.OnClosed();
            ReleaseIfDrained();
            _io.Changed();
        }
    }

    public void StartCommitted()
    {
        _receives.StartCommitted();
        _sends.StartCommitted();
    }

    public bool Advance(long pass)
    {
        var receives = _receives.Advance(pass, request => _completionQueue.Complete(this, request));
        var sends = _sends.Advance(pass, request => _completionQueue.Complete(this, request));
        return receives || sends;
    }

    public void OnDequeued(RequestKind kind)
    {
        if (kind == RequestKind.Send)
        {
            OnSendDequeued();
        }
        else
        {
            OnReceiveDequeued();
        }
    }

    protected override void OnDrained() => _completionQueue.Remove(this);

    private SocketError Refusal(bool hasRoom, RioBuffer? buffer)
    {
        if (IsClosed)
        {
            return SocketError.OperationAborted;
        }

        if (!hasRoom || _io.Random.Chance(_io.Options.RefusalChance))
        {
            return SocketError.NoBufferSpaceAvailable;
        }

        return buffer is { } slice && !_io.IsUsable(slice) ? SocketError.Fault : SocketError.Success;
    }

    private SimulatedRequest NewRequest(RequestKind kind, RioBuffer buffer, ulong context)
    {
        var errors = kind == RequestKind.Send ? s_sendErrors : s_receiveErrors;
        var chance = kind switch
        {
            RequestKind.Send => _io.Options.SendErrorChance,
            RequestKind.Receive => _io.Options.ReceiveErrorChance,
            _ => 0,
        };
        var error = errors[_io.Random.Below(errors.Length)];
        return new SimulatedRequest(kind, buffer, context)
        {
            Doom = _io.Random.Chance(chance) ? error : SocketError.Success,
            IsStalled = _io.Random.Chance(_io.Options.StallChance),
        };
    }

    private void Post(SimulatedDirection direction, SimulatedRequest request, RequestFlags flags)
    {
        if (request.Kind == RequestKind.Send)
        {
            OnSendQueued();
        }
        else
        {
            OnReceiveQueued();
        }

        direction.Post(request);
        if (request.Kind == RequestKind.WaitForData)
        {
            // Not a RIO request, so it does not commit the others.
            request.Stage = _io.Options.StartsAtCommit ? RequestStage.Running : RequestStage.Committed;
            return;
        }

        CommitBy(flags);
    }

    private void CommitDeferred()
    {
        _receives.CommitDeferred();
        _sends.CommitDeferred();
        _io.Changed();
    }

    /// <summary>The buffer is the kernel's from now on: whoever still reads it gets nonsense.</summary>
    private static unsafe void Scribble(in RioBuffer buffer) => new Span<byte>((void*)buffer.Address, buffer.Length).Fill(0xA5);
}
