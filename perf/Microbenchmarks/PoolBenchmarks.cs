using System.Buffers;
using BenchmarkDotNet.Attributes;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Tests.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microbenchmarks;

/// <summary>Renting a block and returning it on the same thread.</summary>
[MemoryDiagnoser]
public class PoolBenchmarks
{
    private const int SlabSize = 1024 * 1024;

    private MemoryPool<byte> _kestrel = null!;
    private RegisteredMemoryPool _ofPoller = null!;
    private RegisteredMemoryPool _ofOthers = null!;
    private IDisposable _attachment = null!;

    [GlobalSetup]
    public void Setup()
    {
        _kestrel = KestrelPool.Create();
        _ofPoller = CreatePool();
        _ofOthers = CreatePool();
        _attachment = _ofPoller.AttachToCurrentThread();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _attachment.Dispose();
        _ofPoller.Dispose();
        _ofOthers.Dispose();
        _kestrel.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Kestrel() => _kestrel.Rent().Dispose();

    [Benchmark]
    public void RioOnPoller() => _ofPoller.Rent().Dispose();

    [Benchmark]
    public void RioElsewhere() => _ofOthers.Rent().Dispose();

    internal static RegisteredMemoryPool CreatePool() =>
        new(new SimulatedIo(), SlabSize, maxRegisteredMemory: null, meterFactory: null, NullLogger.Instance);
}
