using Kestrel.Transport.Rio.Buffers;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>The system's memory, of which there is none while the test says so.</summary>
internal sealed class RefusingMemory : INativeMemory
{
    private int _allocations;

    public bool Refuses { get; set; }

    public int Refusals { get; private set; }

    /// <summary>What was allocated and not freed.</summary>
    public int Allocations => Volatile.Read(ref _allocations);

    public nint Allocate(int length, int alignment)
    {
        if (Refuses)
        {
            Refusals++;
            return 0;
        }

        Interlocked.Increment(ref _allocations);
        return SystemMemory.Instance.Allocate(length, alignment);
    }

    public void Free(nint address)
    {
        Interlocked.Decrement(ref _allocations);
        SystemMemory.Instance.Free(address);
    }
}
