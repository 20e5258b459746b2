using System.Buffers;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>What is received into.</summary>
internal sealed partial class InboundFlow
{
    // As Sockets does: less than half a block left, and a new one is begun.
    private const int MinReceiveSize = RegisteredMemoryPool.BlockSize / 2;

    private IMemoryOwner<byte>? _copyBlock;
    private BlockLease _lastBlock;
    private int _lastRoom;
    private ParkingSlice _slice;
    private nint _bulkBuffer;
    private bool _hasReceived;

    // What was received before has all been consumed. Known by the last block alone: the one where a half-read message ends.
    private bool GivesBack => _hasReceived && !_lastBlock.IsHeld;

    // The block that holds a half-read message has room for the rest of it. To wait for another one would be to wait for
    // oneself, when all blocks hold half-read messages.
    private bool HasRoomInLastBlock => _lastRoom >= MinReceiveSize && _lastBlock.IsHeld;

    // Who holds on to what it has cannot keep memory from those who do not.
    private bool TryGoBeyondLimit()
    {
        if (!GivesBack || !_memoryPool.TryTakeReserve())
        {
            return false;
        }

        _memoryPool.UseReserve(_input.GetMemory(MinReceiveSize));
        return true;
    }

    private bool TryGetReceiveBuffer(out RioBuffer buffer)
    {
        var memory = _input.GetMemory(MinReceiveSize);
        if (_memoryPool.TryGetBuffer(memory, out buffer, BlockUse.Receive))
        {
            // Only of interest where there is a limit, and otherwise not worth the looking up.
            _lastBlock = _memoryPool.HasReserve || _memoryPool.IsAtLimit ? BlockLease.Of(memory) : default;
            _lastRoom = memory.Length;
            return true;
        }

        // The pipe holds memory that this provider cannot receive into: it goes through a block of the pool that it can.
        _copyBlock = _memoryPool.Rent();
        if (_memoryPool.TryGetBuffer(_copyBlock.Memory, out buffer, BlockUse.Receive))
        {
            return true;
        }

        ReturnMemory();
        return false;
    }

    private void Advance(int bytes)
    {
        if (_bulkBuffer != 0)
        {
            _input.Write(BulkBuffers.Bytes(_bulkBuffer, bytes));
        }
        else if (_slice.Block is not null)
        {
            _input.Write(_slice.Span[..bytes]);
        }
        else if (_copyBlock is not null)
        {
            _input.Write(_copyBlock.Memory.Span[..bytes]);
        }
        else
        {
            _lastRoom -= bytes;
            _input.Advance(bytes);
        }

        ReturnMemory();
    }

    private void ReturnMemory()
    {
        _copyBlock?.Dispose();
        _copyBlock = null;
        if (_slice.Block is not null)
        {
            _parking!.Return(_slice);
            _slice = default;
        }

        if (_bulkBuffer != 0)
        {
            _bulk!.Return(_bulkBuffer);
            _bulkBuffer = 0;
        }
    }
}
