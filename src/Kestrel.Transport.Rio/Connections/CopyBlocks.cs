using System.Buffers;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>Blocks of the pool that hold copies of memory from elsewhere while they are sent. The poller's thread only.</summary>
internal sealed class CopyBlocks(RegisteredMemoryPool pool)
{
    private List<IMemoryOwner<byte>>? _blocks;

    /// <summary>Copies at most a block. False when no registered memory is left and the provider takes no other.</summary>
    public bool TryCopy(ReadOnlyMemory<byte> memory, out RioBuffer buffer)
    {
        var block = pool.Rent();
        var copy = block.Memory[..memory.Length];
        if (!pool.TryGetBuffer(copy, out buffer, BlockUse.Send))
        {
            block.Dispose();
            return false;
        }

        (_blocks ??= []).Add(block);
        memory.CopyTo(copy);
        return true;
    }

    /// <summary>Returns all blocks, after their sends have completed.</summary>
    public void Return()
    {
        if (_blocks is { Count: > 0 })
        {
            foreach (var block in _blocks)
            {
                block.Dispose();
            }

            _blocks.Clear();
        }
    }
}
