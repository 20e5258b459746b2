using BenchmarkDotNet.Attributes;
using Kestrel.Transport.Rio.Buffers;

namespace Microbenchmarks;

/// <summary>What each receive asks of the pool that all pollers share, while another thread asks the same all the time, or none.</summary>
public class RoomBenchmarks
{
    private const int Batch = 1024;

    private RegisteredMemoryPool _pool = null!;
    private Thread? _other;
    private volatile bool _ended;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _pool = PoolBenchmarks.CreatePool();
        _ended = false;
        if (Threads > 1)
        {
            _other = new Thread(AskUntilEnded) { IsBackground = true };
            _other.Start();
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _ended = true;
        _other?.Join();
        _pool.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public int HasRoom()
    {
        var answers = 0;
        for (var i = 0; i < Batch; i++)
        {
            answers += _pool.HasRoom ? 1 : 0;
        }

        return answers;
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public int IsAtLimit()
    {
        var answers = 0;
        for (var i = 0; i < Batch; i++)
        {
            answers += _pool.IsAtLimit ? 1 : 0;
        }

        return answers;
    }

    private void AskUntilEnded()
    {
        while (!_ended)
        {
            HasRoom();
            IsAtLimit();
        }
    }
}
