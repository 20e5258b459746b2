using System.Buffers;
using BenchmarkDotNet.Attributes;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Microbenchmarks;

/// <summary>
/// Passes of a poller on the simulated provider. What the simulation itself costs is in it, with locks and lists: compare
/// only one version of the transport with another.
/// </summary>
[MemoryDiagnoser]
public class PollerBenchmarks
{
    private const int MessageLength = 100;

    private readonly byte[] _message = new byte[MessageLength];
    private readonly byte[] _answer = new byte[MessageLength];
    private readonly List<SimulatedPeer> _peers = [];
    private SimulatedHost _host = null!;

    [Params(1, 64)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _host = new SimulatedHost();
        _peers.Clear();
        for (var i = 0; i < Connections; i++)
        {
            var (connection, peer) = _host.Connect();
            _peers.Add(peer);
            _ = EchoAsync(connection);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _host.Dispose();

    /// <summary>A pass in which nothing has happened.</summary>
    [Benchmark]
    public void QuietPass() => _host.Pass();

    /// <summary>Every peer sends a message, and passes are run until each has it back.</summary>
    [Benchmark]
    public int EchoRound()
    {
        foreach (var peer in _peers)
        {
            peer.Write(_message);
        }

        var passes = 0;
        foreach (var peer in _peers)
        {
            for (; peer.Available < MessageLength; passes++)
            {
                _host.Pass();
            }

            peer.Read(_answer);
        }

        return passes;
    }

    private static async Task EchoAsync(RioConnection connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync();
            foreach (var segment in read.Buffer)
            {
                output.Write(segment.Span);
            }

            input.AdvanceTo(read.Buffer.End);
            await output.FlushAsync();
            if (read.IsCompleted)
            {
                await output.CompleteAsync();
                return;
            }
        }
    }
}
