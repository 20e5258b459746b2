using System.Buffers;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Microbenchmarks;

/// <summary>
/// 64 KiB through a connection on the simulated provider, in and out; against the same bytes through a <see cref="Pipe"/>
/// alone. The simulation copies them twice on its side.
/// </summary>
[MemoryDiagnoser]
public class PipeBenchmarks
{
    private const int Length = 64 * 1024;

    private readonly byte[] _bytes = new byte[Length];
    private readonly byte[] _arrived = new byte[Length];
    private SimulatedHost _host = null!;
    private RioConnection _connection = null!;
    private SimulatedPeer _peer = null!;
    private MemoryPool<byte> _pool = null!;
    private Pipe _pipe = null!;
    private long _consumed;

    [GlobalSetup]
    public void Setup()
    {
        _host = new SimulatedHost();
        (_connection, _peer) = _host.Connect();
        _ = ConsumeAsync(_connection.Transport.Input);
        _pool = KestrelPool.Create();
        _pipe = new Pipe(new PipeOptions(
            _pool, PipeScheduler.Inline, PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));
        _ = ConsumeAsync(_pipe.Reader);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _pipe.Writer.Complete();
        _pool.Dispose();
        _host.Dispose();
    }

    [Benchmark(Baseline = true)]
    public async Task<long> PipeAlone()
    {
        var before = _consumed;
        _pipe.Writer.Write(_bytes);
        await _pipe.Writer.FlushAsync();
        return _consumed - before;
    }

    [Benchmark]
    public long Inbound()
    {
        var end = _consumed + Length;
        _peer.Write(_bytes);
        while (_consumed < end)
        {
            _host.Pass();
        }

        return _consumed;
    }

    [Benchmark]
    public int Outbound()
    {
        var output = _connection.Transport.Output;
        output.Write(_bytes);
        var flush = output.FlushAsync();
        while (_peer.Available < Length || !flush.IsCompleted)
        {
            _host.Pass();
        }

        return _peer.Read(_arrived);
    }

    private async Task ConsumeAsync(PipeReader input)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            _consumed += read.Buffer.Length;
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
