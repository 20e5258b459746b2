using System.Diagnostics.Metrics;
using Kestrel.Transport.Rio.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>A pool of 16-block slabs over a recording provider, with everything watched.</summary>
internal sealed class PoolFixture : IDisposable
{
    public const int SlabBlocks = 16;
    public const int SlabSize = SlabBlocks * RegisteredMemoryPool.BlockSize;

    public PoolFixture(
        bool acceptsUnregistered = true,
        long? limit = null,
        IMeterFactory? meterFactory = null,
        RegistrationGranularity granularity = RegistrationGranularity.Slab,
        ReturnedMemory returnedMemory = ReturnedMemory.Kept)
    {
        Io = new RecordingIo { AcceptsUnregistered = acceptsUnregistered, Deregistering = Ledger.OnDeregistering };
        Pool = new RegisteredMemoryPool(Io, SlabSize, limit, meterFactory, Logger, Time, Ledger, granularity, returnedMemory, Memory);
    }

    public BlockLedger Ledger { get; } = new();

    public ListLogger Logger { get; } = new();

    public ManualTime Time { get; } = new();

    public RefusingMemory Memory { get; } = new();

    public RecordingIo Io { get; }

    public RegisteredMemoryPool Pool { get; }

    public RegisteredBlock[] Rent(int count) => [.. Enumerable.Range(0, count).Select(_ => Pool.Rent())];

    public static void Return(IEnumerable<RegisteredBlock> blocks)
    {
        foreach (var block in blocks)
        {
            block.Dispose();
        }
    }

    public void Dispose()
    {
        Pool.Dispose();
        Assert.Equal(0, Ledger.Breaches);
    }
}
