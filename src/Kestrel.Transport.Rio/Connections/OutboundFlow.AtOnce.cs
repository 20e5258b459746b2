using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
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
    private int _leftInARow;
    private bool _isBulk;
    private bool _readsAgain;

    /// <summary>The application has written, or has completed its output, or the read was cancelled. Any thread.</summary>
    private void OnReadable()
    {
        if (!_isBulk || _leftInARow <= 0 || Interlocked.CompareExchange(ref _turn, WritersTurn.Taken, WritersTurn.Free) != WritersTurn.Free)
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
        catch (Exception)
        {
            // The application has completed its writer with an exception, which every read tells; or what the pipe then says is
            // as good. It is not the one that writes who has to hear it.
        }

        return false;
    }

    /// <returns>Whether all of it was sent and more may follow.</returns>
    private bool TrySendAtOnce(in ReadResult result)
    {
        var sent = result.IsCanceled ? 0 : SendAtOnce(result.Buffer);
        var isAll = sent > 0 && sent == result.Buffer.Length;
        _output.AdvanceTo(result.Buffer.GetPosition(sent));
        _leftInARow -= sent;
        return isAll && !result.IsCompleted;
    }

    private int SendAtOnce(in ReadOnlySequence<byte> bytes)
    {
        Span<RioBuffer> buffers = stackalloc RioBuffer[RequestQueue.MaxSentAtOnce];
        var count = bytes.Length < LeastAtOnce ? 0 : Gather(bytes, buffers);
        if (count == 0)
        {
            return 0;
        }

        var error = _channel.RequestQueue.SendAtOnce(buffers[..count], out var sent);
        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.OperationAborted))
        {
            _sendError = error;
        }

        return sent;
    }

    /// <summary>The segments in front that are the pool's; what is not has to be copied, and is the poller's.</summary>
    private int Gather(in ReadOnlySequence<byte> bytes, Span<RioBuffer> buffers)
    {
        var count = 0;
        foreach (var memory in bytes)
        {
            if (memory.IsEmpty)
            {
                continue;
            }

            if (count == buffers.Length || !_memoryPool.TryGetBuffer(memory, out buffers[count]))
            {
                break;
            }

            count++;
        }

        return count;
    }

    /// <summary>What a writer has not sent, or what it has met with, is the poller's.</summary>
    private void GoOnAfterWriter()
    {
        if (_sendError != SocketError.Success || !_channel.IsOpen)
        {
            // The writer may have taken the cancellation from the pipe, and with it the word that the socket is closed.
            Fail(_sendError);
        }
        else
        {
            ReadNext();
        }
    }

    /// <summary>The poller has its turn: so much is bulk data again, and so much may be sent without it.</summary>
    private void OnPollersTurn(in ReadOnlySequence<byte> bytes)
    {
        _isBulk = _canSendAtOnce && bytes.Length >= LeastAtOnce;
        _leftInARow = MostInARow;
    }
}
