using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// Sends bulk data on the thread that writes them, while they are in its processor's cache, as far as the socket takes them. The poller
/// would be needed for each <see cref="RioTransportOptions.MaxWriteBufferSize"/>, and the application would continue on another thread.
/// Less data are cheaper by the poller, which sends for all of its connections with one call.
/// </summary>
internal sealed class DirectSender(PipeReader output, RioConnection connection, CompletionPoller poller)
{
    /// <summary>Less than this is not bulk data.</summary>
    private const int MinBulk = 16 * 1024;

    /// <summary>
    /// After so many bytes the poller has its turn. A peer that takes everything would never have the application wait. It may run on the
    /// poller's thread, and hold up other connections.
    /// </summary>
    private const int MaxInARow = 512 * 1024;

    private readonly bool _isPossible = poller.Capabilities.CanSendAtOnce;
    private readonly RegisteredMemoryPool _memoryPool = poller.MemoryPool;
    private volatile DirectSendState _state;
    private int _leftInARow;
    private bool _isBulk;

    /// <summary>What a direct send failed with. For the poller, after the sending thread has ended.</summary>
    public SocketError Error { get; private set; }

    /// <summary>What the pipe threw to the sending thread, usually because the application completed its writer with it.</summary>
    public Exception? ReadError { get; private set; }

    private bool IsWanted
        => _isBulk && _leftInARow > 0 && connection.AbortReason is null && (!poller.IsOnOwnThread || poller.HasTimeForBulk);

    /// <summary>The calling thread may send, until <see cref="End"/>. Any thread.</summary>
    public bool TryBegin()
        => IsWanted && Interlocked.CompareExchange(ref _state, DirectSendState.Sending, DirectSendState.Idle) == DirectSendState.Idle;

    /// <summary>From here on the next write may be another thread's.</summary>
    public void End() => _state = DirectSendState.Idle;

    /// <summary>No thread may send from here on. False while one does. The poller's thread only.</summary>
    public bool TryClose()
        => Interlocked.CompareExchange(ref _state, DirectSendState.Closed, DirectSendState.Idle) != DirectSendState.Sending;

    /// <summary>The poller sends these bytes: their number says whether they are bulk data. So much may follow without the poller.</summary>
    public void OnPollersTurn(long bytes)
    {
        _isBulk = _isPossible && bytes >= MinBulk;
        _leftInARow = MaxInARow;
    }

    /// <summary>Sends what the pipe has, as far as the socket takes it.</summary>
    /// <param name="queue">The request queue of the connection.</param>
    /// <param name="read">The read that has completed, and then the next one.</param>
    /// <param name="onReadable">Runs when the next read completes.</param>
    /// <returns>True when all is sent and a read is pending; false when the poller must read again, and finds the rest.</returns>
    public bool TrySendAll(RequestQueue queue, ref PendingResult<ReadResult> read, Action onReadable)
    {
        try
        {
            var result = read.Take();
            while (TrySend(queue, result))
            {
                if (!read.TryGet(output.ReadAsync(), onReadable, out result))
                {
                    return true;
                }
            }
        }
        catch (Exception e)
        {
            // Not for the thread that writes.
            ReadError = e;
        }

        return false;
    }

    /// <returns>Whether all of it was sent and more may follow.</returns>
    private bool TrySend(RequestQueue queue, in ReadResult result)
    {
        var sent = result.IsCanceled || _leftInARow <= 0 ? 0 : Send(queue, result.Buffer);
        var isAll = sent > 0 && sent == result.Buffer.Length;
        output.AdvanceTo(result.Buffer.GetPosition(sent));
        _leftInARow -= sent;
        return isAll && !result.IsCompleted;
    }

    private int Send(RequestQueue queue, in ReadOnlySequence<byte> bytes)
    {
        Span<RioBuffer> buffers = stackalloc RioBuffer[RequestQueue.MaxSentAtOnce];
        var pinned = default(PinnedMemory);
        var sent = 0;
        try
        {
            buffers = buffers[..Gather(bytes, buffers, ref pinned, out var length)];
            if (length >= MinBulk)
            {
                var error = queue.SendAtOnce(buffers, out sent);
                if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.OperationAborted))
                {
                    Error = error;
                }

                poller.CountBulk(sent);
            }
        }
        finally
        {
            pinned.Release();
        }

        return sent;
    }

    /// <summary>
    /// Collects the segments in front, as far as this thread may send now. Kestrel writes more than a block at a time from memory that is
    /// not the pool's. The poller would copy it; for the length of this call it can be used as it is.
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
}
