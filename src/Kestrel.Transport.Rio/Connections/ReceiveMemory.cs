using System.Buffers;
using System.IO.Pipelines;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// The memory that one connection receives into. That is a block of the pipe, a slice of a block that many idle connections share, or an
/// unregistered buffer for bulk data. Where the pipe's memory is not the pool's it is a block to copy from. The poller's thread only.
/// </summary>
internal sealed class ReceiveMemory(PipeWriter input, RegisteredMemoryPool pool, ParkingSlices? parking, BulkBuffers? bulk)
{
    // As Sockets does: with less than half a block left, a new one is begun.
    private const int MinReceiveSize = RegisteredMemoryPool.BlockSize / 2;

    private IMemoryOwner<byte>? _copyBlock;
    private BlockLease _lastBlock;
    private int _lastRoom;
    private ParkingSlice _slice;
    private nint _bulkBuffer;
    private bool _hasReceived;

    /// <summary>
    /// The block that holds a half-read message has room for the rest of it. When all blocks hold half-read messages, to wait for another
    /// block would be to wait without end.
    /// </summary>
    public bool HasRoomInLastBlock => _lastRoom >= MinReceiveSize && _lastBlock.IsHeld;

    // All that was received before has been consumed. Known by the last block alone: the one where a half-read message ends.
    private bool HasReturnedAll => _hasReceived && !_lastBlock.IsHeld;

    /// <summary>Gives the pipe a block beyond the pool's limit. Only a connection that holds nothing gets one.</summary>
    public bool TryGoBeyondLimit()
    {
        if (!HasReturnedAll || pool.Reserve?.TryTake() is not true)
        {
            return false;
        }

        pool.Reserve!.Use(input.GetMemory(MinReceiveSize));
        return true;
    }

    /// <summary>Gives a slice to wait in.</summary>
    public bool TryPark(out RioBuffer buffer)
    {
        var isParked = parking!.TryTake(out _slice);
        buffer = isParked ? _slice.Buffer : default;
        return isParked;
    }

    /// <summary>Gives an unregistered buffer for at most this many bytes.</summary>
    public bool TryTakeBulk(int length, out RioBuffer buffer)
    {
        var isTaken = bulk!.TryTake(out _bulkBuffer);
        buffer = isTaken ? new RioBuffer(BufferId.Invalid, Offset: 0, length, _bulkBuffer) : default;
        return isTaken;
    }

    /// <summary>Gives memory of the pipe, or a block to copy from where the provider cannot receive into the pipe's memory.</summary>
    public bool TryGetBuffer(out RioBuffer buffer)
    {
        var memory = input.GetMemory(MinReceiveSize);
        if (pool.TryGetBuffer(memory, out buffer, BlockUse.Receive))
        {
            // The lookup is worth it only where there is a limit.
            _lastBlock = pool.Reserve is not null || pool.IsAtLimit ? BlockLease.Of(memory) : default;
            _lastRoom = memory.Length;
            return true;
        }

        _copyBlock = pool.Rent();
        if (pool.TryGetBuffer(_copyBlock.Memory, out buffer, BlockUse.Receive))
        {
            return true;
        }

        Return();
        return false;
    }

    /// <summary>Passes received bytes to the pipe, and returns memory that is not the pipe's.</summary>
    public void Advance(int bytes)
    {
        _hasReceived = true;
        if (_bulkBuffer != 0)
        {
            input.Write(BulkBuffers.Bytes(_bulkBuffer, bytes));
        }
        else if (_slice.Block is not null)
        {
            input.Write(_slice.Span[..bytes]);
        }
        else if (_copyBlock is not null)
        {
            input.Write(_copyBlock.Memory.Span[..bytes]);
        }
        else
        {
            _lastRoom -= bytes;
            input.Advance(bytes);
        }

        Return();
    }

    /// <summary>Returns memory that is not the pipe's. Only when the kernel does not use it.</summary>
    public void Return()
    {
        _copyBlock?.Dispose();
        _copyBlock = null;
        if (_slice.Block is not null)
        {
            parking!.Return(_slice);
            _slice = default;
        }

        if (_bulkBuffer != 0)
        {
            bulk!.Return(_bulkBuffer);
            _bulkBuffer = 0;
        }
    }
}
