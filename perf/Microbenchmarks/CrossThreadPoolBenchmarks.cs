using System.Buffers;
using BenchmarkDotNet.Attributes;
using Kestrel.Transport.Rio.Buffers;

namespace Microbenchmarks;

/// <summary>
/// Renting on one thread and returning on another, as a poller and the application do. With each batch two threads take
/// turns, which costs both pools the same.
/// </summary>
[MemoryDiagnoser]
public class CrossThreadPoolBenchmarks
{
    private const int Batch = 1024;

    private readonly IMemoryOwner<byte>[] _rented = new IMemoryOwner<byte>[Batch];
    private readonly SemaphoreSlim _toReturn = new(0);
    private readonly SemaphoreSlim _returned = new(0);
    private MemoryPool<byte> _kestrel = null!;
    private RegisteredMemoryPool _rio = null!;
    private IDisposable _attachment = null!;
    private Thread _other = null!;
    private volatile bool _ended;

    [GlobalSetup]
    public void Setup()
    {
        _kestrel = KestrelPool.Create();
        _rio = PoolBenchmarks.CreatePool();
        _attachment = _rio.AttachToCurrentThread();
        _ended = false;
        _other = new Thread(ReturnBatches) { IsBackground = true };
        _other.Start();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _ended = true;
        _toReturn.Release();
        _other.Join();
        _attachment.Dispose();
        _rio.Dispose();
        _kestrel.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Batch)]
    public void Kestrel() => RentBatch(_kestrel);

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Rio() => RentBatch(_rio);

    private void RentBatch(MemoryPool<byte> pool)
    {
        for (var i = 0; i < _rented.Length; i++)
        {
            _rented[i] = pool.Rent();
        }

        _toReturn.Release();
        _returned.Wait();
    }

    private void ReturnBatches()
    {
        while (true)
        {
            _toReturn.Wait();
            if (_ended)
            {
                return;
            }

            foreach (var block in _rented)
            {
                block.Dispose();
            }

            _returned.Release();
        }
    }
}
