using BenchmarkDotNet.Attributes;
using Kestrel.Transport.Rio.Buffers;

namespace Microbenchmarks;

/// <summary>From memory that the application has written to what a request names: buffer id, offset, length.</summary>
[MemoryDiagnoser]
public class BlockBenchmarks
{
    private const int Blocks = 64;
    private const int Start = 100;
    private const int Length = 500;

    private RegisteredMemoryPool _pool = null!;
    private RegisteredBlock[] _blocks = [];
    private ReadOnlyMemory<byte>[] _ofPool = [];
    private ReadOnlyMemory<byte>[] _foreign = [];

    [GlobalSetup]
    public void Setup()
    {
        _pool = PoolBenchmarks.CreatePool();
        _blocks = [.. Enumerable.Range(0, Blocks).Select(_ => _pool.Rent())];
        _ofPool = [.. _blocks.Select(block => (ReadOnlyMemory<byte>)block.Memory.Slice(Start, Length))];
        _foreign = [.. Enumerable.Range(0, Blocks).Select(_ => (ReadOnlyMemory<byte>)new byte[Length])];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (var block in _blocks)
        {
            block.Dispose();
        }

        _pool.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Blocks)]
    public long OfPool() => Find(_ofPool);

    [Benchmark(OperationsPerInvoke = Blocks)]
    public long Foreign() => Find(_foreign);

    private long Find(ReadOnlyMemory<byte>[] memories)
    {
        var sum = 0L;
        foreach (var memory in memories)
        {
            if (_pool.TryGetBuffer(memory, out var buffer))
            {
                sum += buffer.Address + buffer.Offset + buffer.Length;
            }
        }

        return sum;
    }
}
