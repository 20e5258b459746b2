using System.Buffers;
using System.Runtime.CompilerServices;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Memory that is not the pool's and stays where it is until <see cref="Release"/>. Lives on the stack of one call.</summary>
internal struct PinnedMemory
{
    // Segments from elsewhere are longer than a block: so many are 64 KiB at the least, which is what a writer has unsent before it
    // waits, and the room for them is cleared in every call.
    private const int Capacity = 16;

    private Handles _handles;
    private int _count;

    /// <summary>A buffer over the memory, which is not registered. False when there is no room for another.</summary>
    public unsafe bool TryPin(ReadOnlyMemory<byte> memory, out RioBuffer buffer)
    {
        if (_count == Capacity)
        {
            buffer = default;
            return false;
        }

        var handle = memory.Pin();
        _handles[_count++] = handle;
        buffer = new RioBuffer(BufferId.Invalid, 0, memory.Length, (nint)handle.Pointer);
        return true;
    }

    public void Release()
    {
        for (; _count > 0; _count--)
        {
            _handles[_count - 1].Dispose();
        }
    }

    [InlineArray(Capacity)]
    private struct Handles
    {
        private MemoryHandle _first;
    }
}
