using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// Bulk data are sent by the thread that writes them, while they are in its processor's cache, as far as the socket takes them.
/// The poller would be asked for each <see cref="RioTransportOptions.MaxWriteBufferSize"/>, and the application would go on from another
/// thread. Less than that is cheaper by the poller, which sends for all of its connections with one call.
/// </summary>
internal sealed partial class OutboundFlow
{
    /// <summary>What is less than this is not bulk data.</summary>
    private const int LeastAtOnce = 16 * 1024;

    /// <summary>
    /// After so much the poller has its turn. A peer that takes everything would never have the application wait, which may be
    /// running on the poller's thread, and others would.
    /// </summary>
    private const int MostInARow = 512 * 1024;

    private readonly bool _canSendAtOnce;
    private volatile WritersTurn _turn;
    private Exception? _writersError;
    private int _leftInARow;
    private bool _isBulk;
    private bool _readsAgain;

    private bool MaySendAtOnce
        => _isBulk && _leftInARow > 0 && _connection.AbortReason is null
            && (!_channel.Poller.IsOnOwnThread || _channel.Poller.HasTimeForBulk);

    /// <summary>The application has written, or has completed its output, or the read was cancelled. Any thread.</summary>
    private void OnReadable()
    {
        if (!MaySendAtOnce || Interlocked.CompareExchange(ref _turn, WritersTurn.Taken, WritersTurn.Free) != WritersTurn.Free)
        {
            _channel.Poller.Post(this);
            return;
        }

        if (TrySendAllAtOnce())
        {
            // By now the next write may be another thread's; until this it goes by the poller.
            _turn = WritersTurn.Free;
            return;
        }

        _readsAgain = true;
        _turn = WritersTurn.Free;
        _channel.Poller.Post(this);
    }

    /// <returns>True when all is sent and a read is pending; false when the poller has to read again, and finds what is left.</returns>
    private bool TrySendAllAtOnce()
    {
        try
        {
            var result = _read.Take();
            while (TrySendAtOnce(result))
            {
                if (!_read.TryGet(_output.ReadAsync(), _onReadable, out result))
                {
                    return true;
                }
            }
        }
        catch (Exception e)
        {
            // As a rule the application has completed its writer with it. It is not the one that writes who has to hear of it.
            _writersError = e;
        }

        return false;
    }

    /// <returns>Whether all of it was sent and more may follow.</returns>
    private bool TrySendAtOnce(in ReadResult result)
    {
        var sent = result.IsCanceled || _leftInARow <= 0 ? 0 : SendAtOnce(result.Buffer);
        var isAll = sent > 0 && sent == result.Buffer.Length;
        _output.AdvanceTo(result.Buffer.GetPosition(sent));
        _leftInARow -= sent;
        return isAll && !result.IsCompleted;
    }

    private int SendAtOnce(in ReadOnlySequence<byte> bytes)
    {
        Span<RioBuffer> buffers = stackalloc RioBuffer[RequestQueue.MaxSentAtOnce];
        var pinned = default(PinnedMemory);
        var sent = 0;
        try
        {
            buffers = buffers[..Gather(bytes, buffers, ref pinned, out var length)];
            if (length >= LeastAtOnce)
            {
                var error = _channel.RequestQueue.SendAtOnce(buffers, out sent);
                if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.OperationAborted))
                {
                    _sendError = error;
                }

                _channel.Poller.CountBulk(sent);
            }
        }
        finally
        {
            pinned.Release();
        }

        return sent;
    }

    /// <summary>
    /// The segments in front, as far as the writer may send by now. What Kestrel takes from elsewhere, since it is more than a block at
    /// once, the poller would have to copy: for as long as this call takes it can be used as it is.
    /// </summary>
    private int Gather(in ReadOnlySequence<byte> bytes, Span<RioBuffer> buffers, ref PinnedMemory pinned, out int length)
    {
        var count = 0;
        length = 0;
        foreach (var segment in bytes)
        {
            if (segment.IsEmpty)
            {
                continue;
            }

            // A segment from elsewhere may be of any length.
            var memory = segment[..Math.Min(segment.Length, _leftInARow - length)];
            if (memory.IsEmpty || count == buffers.Length
                || (!_memoryPool.TryGetBuffer(memory, out buffers[count], BlockUse.Send) && !pinned.TryPin(memory, out buffers[count])))
            {
                break;
            }

            length += memory.Length;
            count++;
        }

        return count;
    }

    /// <summary>What a writer has not sent, or what it has met with, is the poller's.</summary>
    private void GoOnAfterWriter()
    {
        if (_writersError is { } error)
        {
            EndAfter(error);
        }
        else if (_sendError != SocketError.Success || !_channel.IsOpen)
        {
            // The writer may have taken the cancellation from the pipe, and with it the word that the socket is closed.
            Fail(_sendError);
        }
        else
        {
            ReadNext();
        }
    }

    /// <summary>The poller has its turn: it says whether these are bulk data, and so much may follow without it.</summary>
    private void OnPollersTurn(in ReadOnlySequence<byte> bytes)
    {
        _isBulk = _canSendAtOnce && bytes.Length >= LeastAtOnce;
        _leftInARow = MostInARow;
    }
}
