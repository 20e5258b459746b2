using System.Buffers;
using System.Numerics;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>A block that is cut into slices.</summary>
internal sealed class ParkingBlock : IDisposable
{
    /// <summary>So many to a block that a word has a bit for each.</summary>
    public const int MinSliceSize = RegisteredMemoryPool.BlockSize / 64;

    private readonly IMemoryOwner<byte> _block;
    private readonly RioBuffer _buffer;
    private readonly int _sliceSize;
    private readonly ulong _all;
    private ulong _free;

    public ParkingBlock(IMemoryOwner<byte> block, in RioBuffer buffer, int sliceSize, int slices)
    {
        _block = block;
        _buffer = buffer;
        _sliceSize = sliceSize;
        _all = slices == 64 ? ulong.MaxValue : (1UL << slices) - 1;
        _free = _all;
    }

    public bool IsFull => _free == 0;

    public bool IsEmpty => _free == _all;

    public ParkingSlice Take()
    {
        var index = BitOperations.TrailingZeroCount(_free);
        _free &= _free - 1;
        var start = index * _sliceSize;
        return new ParkingSlice(
            this, index, new RioBuffer(_buffer.Id, _buffer.Offset + start, _sliceSize, _buffer.Address + start));
    }

    public void Return(in ParkingSlice slice)
    {
        var bit = 1UL << slice.Index;
        if ((_free & bit) != 0)
        {
            throw new InvalidOperationException("A slice is returned a second time.");
        }

        _free |= bit;
    }

    public ReadOnlySpan<byte> SpanOf(int index) => _block.Memory.Span.Slice(index * _sliceSize, _sliceSize);

    public void Dispose() => _block.Dispose();
}
