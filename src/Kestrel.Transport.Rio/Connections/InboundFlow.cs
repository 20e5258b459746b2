using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Polling;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// From the socket to the application: wait for data, receive, flush, again. As an item of the mailbox it stands for a flush
/// that has been let through, and at the end for the application having been told of the end.
/// </summary>
internal sealed class InboundFlow : MailboxItem, IStarved, IThreadPoolWorkItem
{
    private readonly PipeWriter _input;
    private readonly RioConnection _connection;
    private readonly ApplicationScheduler? _scheduler;
    private readonly IStateObserver? _stateObserver;
    private readonly RegisteredMemoryPool _memoryPool;
    private readonly ILogger _logger;
    private readonly bool _waitForData;
    private readonly bool _canWaitForData;
    private readonly bool _parksWhenIdle;
    private readonly bool _canPark;
    private readonly bool _canTakeBulk;
    private readonly ReceiveMemory _memory;
    private readonly int _maxBulk;
    private Action? _onFlushed;
    private ConnectionChannel _channel = null!;
    private PendingResult<FlushResult> _flush;
    private int _asked;
    private bool _expectsMore;
    private Exception? _closeReason;
    private Exception? _error;

    public InboundFlow(ConnectionSettings settings, RioConnection connection, PipeWriter input, ApplicationScheduler? scheduler)
    {
        _input = input;
        _connection = connection;
        _scheduler = scheduler;
        _stateObserver = settings.StateObserver;
        _memoryPool = settings.Poller.MemoryPool;
        _logger = settings.Logger;
        _canWaitForData = settings.Poller.Capabilities.CanWaitForData;
        _waitForData = settings.WaitForData && _canWaitForData;
        _parksWhenIdle = settings.WaitForData;
        _canPark = settings.Poller.Parking is not null;
        _canTakeBulk = settings.Poller.Bulk is not null;
        _memory = new ReceiveMemory(input, settings.Poller.MemoryPool, settings.Poller.Parking, settings.Poller.Bulk);
        _maxBulk = settings.MaxBulkReceive;
    }

    public InboundState State
    {
        get;
        private set
        {
            _stateObserver?.OnInbound(_connection, field, value);
            field = value;
        }
    }

    // Whatever the user prefers: at the pool's limit, blocks that are parked with idle connections would be missing to
    // busy ones for ever.
    private bool MustWaitForData => _waitForData || (_canWaitForData && (_memoryPool.IsAtLimit || ExpectsBulk));

    // Once an abort has returned no more bytes are passed on, though the poller has not come to it yet.
    private bool MayGoOn => _channel.IsOpen && _connection.AbortReason is null;

    // A read that filled what it was asked into has left something behind, as a rule. At the limit it goes block by block.
    private bool ExpectsBulk => _expectsMore && _canTakeBulk && _maxBulk > 0 && !_memoryPool.IsAtLimit;

    /// <summary>
    /// Where a wait is a receive, it is one into a slice that many connections share a block for. Bytes that fill what they
    /// were asked into are likely to be followed by more, which are better off in a block.
    /// </summary>
    private bool MustPark => _canPark && !_expectsMore && (_parksWhenIdle || _memoryPool.IsAtLimit);

    public void Attach(ConnectionChannel channel) => _channel = channel;

    public void Start() => ReceiveNext();

    public void OnDataAvailable(SocketError status)
    {
        Debug.Assert(State == InboundState.WaitingForData, "A wait for data completed that was not posted.");
        if (status == SocketError.Success && MayGoOn)
        {
            PostReceive();
        }
        else
        {
            End(status);
        }
    }

    public void OnReceived(SocketError status, int bytes)
    {
        Debug.Assert(State == InboundState.Receiving, "A receive completed that was not posted.");
        if (status != SocketError.Success || !MayGoOn)
        {
            End(status);
            return;
        }

        if (bytes == 0)
        {
            RioLog.ConnectionReadFin(_logger, _connection.ConnectionId);
            End(SocketError.Success);
            return;
        }

        _expectsMore = bytes == _asked || bytes > RegisteredMemoryPool.BlockSize;
        _memory.Advance(bytes);
        FlushResult flushed;
        try
        {
            if (!_flush.TryGet(_input.FlushAsync(), _onFlushed ??= PostSelf, out flushed))
            {
                // The callback may have run by now; it only posts, and what it posts is executed after this.
                RioLog.ConnectionPause(_logger, _connection.ConnectionId);
                State = InboundState.Paused;
                return;
            }
        }
        catch (Exception e)
        {
            EndAfter(e);
            return;
        }

        OnFlushed(flushed);
    }

    /// <summary>The poller has taken up what another thread has posted.</summary>
    public override void Execute()
    {
        if (State == InboundState.Ended)
        {
            State = InboundState.Completed;
            _channel.ReleaseIfDrained();
            return;
        }

        Debug.Assert(State == InboundState.Paused, "A flush was let through that was not waited for.");
        RioLog.ConnectionResume(_logger, _connection.ConnectionId);
        FlushResult flushed;
        try
        {
            flushed = _flush.Take();
        }
        catch (Exception e)
        {
            EndAfter(e);
            return;
        }

        OnFlushed(flushed);
    }

    public bool Retry(bool evenWithoutRoom)
    {
        if (State != InboundState.Starved)
        {
            return false;
        }

        Receive(evenWithoutRoom);
        return true;
    }

    /// <summary>
    /// The socket is closed. What is outstanding completes by itself; a pause or a want of memory is ended here.
    /// </summary>
    public void OnSocketClosed()
    {
        if (State == InboundState.Paused)
        {
            _input.CancelPendingFlush();
        }
        else if (State == InboundState.Starved)
        {
            End(SocketError.OperationAborted);
        }
    }

    /// <summary>Ends it without its completion. False where the kernel may still write to its memory, which is left as it is.</summary>
    public bool TryAbandon(bool isKernelDone)
    {
        if (State == InboundState.Receiving && !isKernelDone)
        {
            return false;
        }

        if (State is not (InboundState.Ended or InboundState.Completed))
        {
            End(SocketError.OperationAborted);
        }

        return true;
    }

    /// <summary>
    /// On the thread pool: connections end by the thousand when a network fails. The input ends before the token fires, as on
    /// Sockets, because a callback of the token may wait for the loop that reads the input.
    /// </summary>
    void IThreadPoolWorkItem.Execute()
    {
        _stateObserver?.OnInputEnding(_connection);
        _scheduler?.OnInputEnding();

        // An abort that has returned by now wins over the peer's end, unless the socket was closed before it.
        _input.Complete(_closeReason ?? _connection.AbortReason ?? _error);
        PostSelf();
        _connection.FireConnectionClosed();
    }

    private void ReceiveNext()
    {
        if (!MustWaitForData)
        {
            Receive();
            return;
        }

        State = InboundState.WaitingForData;
        var error = _channel.WaitForData();
        if (error != SocketError.Success)
        {
            End(error);
        }
    }

    private void Receive(bool evenWithoutRoom = false)
    {
        if (MustPark && _memory.TryPark(out var slice))
        {
            Post(slice);
        }
        else
        {
            PostReceive(evenWithoutRoom);
        }
    }

    private void PostReceive(bool evenWithoutRoom = false)
    {
        if (!evenWithoutRoom && !_memoryPool.HasRoom && !_memory.HasRoomInLastBlock && !_memory.TryGoBeyondLimit())
        {
            Starve();
        }
        else if (ExpectsBulk && _memory.TryTakeBulk(_maxBulk, out var bulk))
        {
            Post(bulk);
        }
        else if (_memory.TryGetBuffer(out var buffer))
        {
            Post(buffer);
        }
        else
        {
            Starve();
        }
    }

    private void Post(in RioBuffer buffer)
    {
        State = InboundState.Receiving;
        _asked = buffer.Length;
        var error = _channel.Receive(buffer);
        if (error != SocketError.Success)
        {
            End(error);
        }
    }

    private void Starve()
    {
        State = InboundState.Starved;
        _channel.Poller.Starved.Add(this);
    }

    private void OnFlushed(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled || !MayGoOn)
        {
            // The application reads no more, or the socket is closed and its reason says all there is to say.
            End(SocketError.Success);
        }
        else
        {
            ReceiveNext();
        }
    }

    private void End(SocketError status) => EndWith(MayGoOn ? Describe(status) : null);

    /// <summary>The application has completed its reader with an exception, and the pipe throws it here.</summary>
    private void EndAfter(Exception error)
    {
        RioLog.ConnectionError(_logger, error, _connection.ConnectionId);
        EndWith(error);
    }

    private void EndWith(Exception? error)
    {
        State = InboundState.Ended;
        _memory.Return();
        _closeReason = _channel.CloseReason;
        _error = error;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private Exception? Describe(SocketError status)
    {
        if (status == SocketError.Success)
        {
            return null;
        }

        var error = ConnectionErrors.ToException(status);
        if (ConnectionErrors.IsReset(status))
        {
            RioLog.ConnectionReset(_logger, _connection.ConnectionId);
        }
        else
        {
            RioLog.ConnectionError(_logger, error, _connection.ConnectionId);
        }

        return error;
    }

    private void PostSelf() => _channel.Poller.Post(this);
}
