using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microbenchmarks;

/// <summary>One poller and its connections on the simulated provider, all of it on the calling thread.</summary>
internal sealed class SimulatedHost : IDisposable
{
    private const int SlabSize = 1024 * 1024;
    private const int QueueCapacity = 4096;

    private static readonly IPEndPoint s_listening = new(IPAddress.Loopback, 80);

    private readonly SimulatedIo _io = new();
    private readonly RegisteredMemoryPool _pool;
    private readonly CompletionPoller _poller;
    private readonly ConnectionSettings _settings;
    private readonly IDisposable _attachment;

    public SimulatedHost()
    {
        _pool = new RegisteredMemoryPool(_io, SlabSize, maxRegisteredMemory: null, meterFactory: null, NullLogger.Instance);
        _poller = new CompletionPoller(
            0, _io.CreateCompletionQueue(QueueCapacity), _pool, _io.Capabilities, parking: null, NullLogger.Instance, static poller => new InlineRunner(poller));
        var options = new RioTransportOptions { ApplicationScheduling = ApplicationScheduling.Inline };
        _settings = new ConnectionSettings(options, _poller, NullLogger.Instance);
        _attachment = _pool.AttachToCurrentThread();
        _poller.Bind();
    }

    /// <summary>A connection that was accepted, and its peer.</summary>
    public (RioConnection Connection, SimulatedPeer Peer) Connect()
    {
        var peer = _io.CreateConnected(out var accepted);
        _poller.ReserveConnection();
        var connection = new RioConnection(_settings);
        if (connection.Open(accepted, s_listening) is not SocketError.Success and var refused)
        {
            throw new SocketException((int)refused);
        }

        connection.Start();
        Pass();
        return (connection, peer);
    }

    public void Pass() => _poller.RunPass(TimeSpan.Zero);

    public void Dispose()
    {
        _poller.BeginStop();
        while (!_poller.IsDrained)
        {
            Pass();
        }

        _poller.Close();
        CompletionPoller.Unbind();
        _attachment.Dispose();
        _pool.Dispose();
        _io.Dispose();
    }
}
