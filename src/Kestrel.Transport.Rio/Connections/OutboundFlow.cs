using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Polling;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// From the application to the socket: reads the output, sends it block by block with one commit, and returns the blocks when all sends
/// have completed. As an item of the mailbox it stands for new output.
/// </summary>
internal sealed class OutboundFlow : MailboxItem, IStarved
{
    private readonly PipeReader _output;
    private readonly RioConnection _connection;
    private readonly IStateObserver? _stateObserver;
    private readonly RegisteredMemoryPool _memoryPool;
    private readonly ILogger _logger;
    private readonly Action _onReadable;
    private readonly DirectSender _direct;
    private readonly CopyBlocks _copies;
    private ConnectionChannel _channel = null!;
    private PendingResult<ReadResult> _read;
    private SequencePosition _sentUpTo;
    private SocketError _sendError;
    private int _inFlight;
    private bool _sendsTheLast;
    private bool _readsAgain;

    public OutboundFlow(ConnectionSettings settings, RioConnection connection, PipeReader output)
    {
        _output = output;
        _connection = connection;
        _stateObserver = settings.StateObserver;
        _memoryPool = settings.Poller.MemoryPool;
        _logger = settings.Logger;
        _copies = new CopyBlocks(settings.Poller.MemoryPool);
        _direct = new DirectSender(output, connection, settings.Poller);
        _onReadable = OnReadable;
    }

    public OutboundState State
    {
        get;
        private set
        {
            _stateObserver?.OnOutbound(_connection, field, value);
            field = value;
        }
    }

    public void Attach(ConnectionChannel channel) => _channel = channel;

    public void Start() => ReadNext();

    /// <summary>The application has written, or has completed its output, or the read was cancelled.</summary>
    public override void Execute()
    {
        Debug.Assert(State == OutboundState.AwaitingOutput, "Output came that was not waited for.");
        if (_readsAgain)
        {
            _readsAgain = false;
            ContinueAfterDirectSend();
        }
        else
        {
            TakeRead();
        }

        _channel.ReleaseIfDrained();
    }

    public void OnSent(SocketError status)
    {
        Debug.Assert(State == OutboundState.Sending, "A send completed that was not posted.");
        if (status != SocketError.Success && _sendError == SocketError.Success)
        {
            _sendError = status;
        }

        if (--_inFlight > 0)
        {
            return;
        }

        _copies.Return();
        if (_sendError != SocketError.Success || !_channel.IsOpen)
        {
            Fail(_sendError);
            return;
        }

        _output.AdvanceTo(_sentUpTo);
        if (_sendsTheLast)
        {
            End(reason: null);
        }
        else
        {
            ReadNext();
        }
    }

    /// <summary>What is sent through copies cannot go beyond the limit: memory there is not registered.</summary>
    public bool Retry(bool evenWithoutRoom)
    {
        if (State != OutboundState.Starved)
        {
            return false;
        }

        ReadNext();
        _channel.ReleaseIfDrained();
        return true;
    }

    /// <summary>
    /// The socket is closed. What is outstanding completes by itself; a wait for output or for memory is ended here.
    /// </summary>
    public void OnSocketClosed()
    {
        if (State == OutboundState.AwaitingOutput)
        {
            _output.CancelPendingRead();
        }
        else if (State == OutboundState.Starved)
        {
            Fail(SocketError.OperationAborted);
        }
    }

    /// <summary>As with the other direction.</summary>
    public bool TryAbandon(bool isKernelDone)
    {
        // Not the state: it may be what an exception has kept from being set.
        if (!isKernelDone)
        {
            return false;
        }

        if (!_direct.TryClose())
        {
            // Its thread reads the pipe's blocks.
            return false;
        }

        if (State != OutboundState.Ended)
        {
            Fail(SocketError.OperationAborted);
        }

        return true;
    }

    /// <summary>The application has written, or has completed its output, or the read was cancelled. Any thread.</summary>
    private void OnReadable()
    {
        if (_direct.TryBegin())
        {
            var hasSentAll = _direct.TrySendAll(_channel.RequestQueue, ref _read, _onReadable);
            if (!hasSentAll)
            {
                _readsAgain = true;
            }

            // Not touched after this: the next write may be another thread's.
            _direct.End();
            if (hasSentAll)
            {
                return;
            }
        }

        _channel.Poller.Post(this);
    }

    /// <summary>The poller sends what a direct send has left, or ends with its error.</summary>
    private void ContinueAfterDirectSend()
    {
        if (_direct.ReadError is { } error)
        {
            EndAfter(error);
        }
        else if (_direct.Error != SocketError.Success || !_channel.IsOpen)
        {
            // The cancellation that says that the socket is closed may have ended the read of the direct send.
            Fail(_direct.Error);
        }
        else
        {
            ReadNext();
        }
    }

    private void TakeRead()
    {
        ReadResult result;
        try
        {
            result = _read.Take();
        }
        catch (Exception e)
        {
            EndAfter(e);
            return;
        }

        if (OnRead(result))
        {
            ReadNext();
        }
    }

    private void ReadNext()
    {
        ReadResult result;
        do
        {
            try
            {
                if (!_read.TryGet(_output.ReadAsync(), _onReadable, out result))
                {
                    // The callback may have run by now; what it posts is executed after this, and what it sends at once leaves the
                    // state as it is.
                    State = OutboundState.AwaitingOutput;
                    return;
                }
            }
            catch (Exception e)
            {
                EndAfter(e);
                return;
            }
        }
        while (OnRead(result));
    }

    /// <summary>True when there was nothing to send and the next read may follow.</summary>
    private bool OnRead(in ReadResult result)
    {
        if (result.IsCanceled || !_channel.IsOpen)
        {
            Fail(SocketError.OperationAborted);
            return false;
        }

        if (!result.Buffer.IsEmpty)
        {
            Send(result);
            return false;
        }

        _output.AdvanceTo(result.Buffer.End);
        if (result.IsCompleted)
        {
            End(reason: null);
            return false;
        }

        return true;
    }

    private void Send(in ReadResult result)
    {
        var buffer = result.Buffer;
        _direct.OnPollersTurn(buffer.Length);
        _sentUpTo = buffer.Start;
        var position = buffer.Start;
        while (_inFlight < ConnectionChannel.MaxOutstandingSends && buffer.TryGet(ref position, out var memory))
        {
            if (memory.IsEmpty)
            {
                continue;
            }

            var sent = Send(memory);
            if (sent > 0)
            {
                _sentUpTo = buffer.GetPosition(sent, _sentUpTo);
            }

            if (sent < memory.Length)
            {
                break;
            }
        }

        _sendsTheLast = result.IsCompleted && buffer.Slice(_sentUpTo).IsEmpty;
        if (_inFlight > 0)
        {
            State = OutboundState.Sending;
            return;
        }

        if (_sendError != SocketError.Success)
        {
            Fail(_sendError);
            return;
        }

        // The next read gives the same again.
        _output.AdvanceTo(buffer.Start);
        State = OutboundState.Starved;
        _channel.Poller.Starved.Add(this);
    }

    /// <summary>Posts a segment; gives how many of its bytes were posted.</summary>
    private int Send(ReadOnlyMemory<byte> memory)
    {
        if (_memoryPool.TryGetBuffer(memory, out var buffer, BlockUse.Send))
        {
            return Post(buffer) ? memory.Length : 0;
        }

        // Not the pool's: Kestrel takes more than a block at once from elsewhere. It goes through blocks of the pool.
        var posted = 0;
        while (posted < memory.Length && _inFlight < ConnectionChannel.MaxOutstandingSends)
        {
            var length = Math.Min(memory.Length - posted, RegisteredMemoryPool.BlockSize);
            if (!_copies.TryCopy(memory.Slice(posted, length), out var copy) || !Post(copy))
            {
                // Without registered memory it is no error: the sends in flight bring some back.
                break;
            }

            posted += length;
        }

        return posted;
    }

    private bool Post(in Contract.RioBuffer buffer)
    {
        var error = _channel.Send(buffer);
        if (error != SocketError.Success)
        {
            _sendError = error;
            return false;
        }

        _inFlight++;
        return true;
    }

    private void Fail(SocketError status)
    {
        if (!_channel.IsOpen)
        {
            // The reason is known to the channel already.
            End(_channel.CloseReason);
            return;
        }

        var error = ConnectionErrors.ToException(status);
        if (ConnectionErrors.IsReset(status))
        {
            RioLog.ConnectionReset(_logger, _connection.ConnectionId);
            End(error);
        }
        else
        {
            EndAfter(error);
        }
    }

    /// <summary>Something else than the peer has failed; or the application has completed its writer with an exception.</summary>
    private void EndAfter(Exception error)
    {
        RioLog.ConnectionError(_logger, error, _connection.ConnectionId);
        End(error, unexpected: error);
    }

    private void End(Exception? reason, Exception? unexpected = null)
    {
        State = OutboundState.Ended;
        _copies.Return();
        _channel.CloseSocket(reason);
        _output.Complete(unexpected);
    }
}
