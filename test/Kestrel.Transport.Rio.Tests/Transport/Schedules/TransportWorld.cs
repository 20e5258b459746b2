using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Verification;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>
/// One poller with its memory and connections on a simulated machine under the verifier, all of it on the calling thread.
/// </summary>
internal sealed class TransportWorld : IDisposable
{
    public const int SlabSize = 64 * 1024;

    // One connection's share, so that the completion queue has to grow.
    private const int QueueCapacity = ConnectionChannel.MaxOutstandingReceives + ConnectionChannel.MaxOutstandingSends;

    // No part of it is used but its place in a dictionary and its listening.
    private static readonly Socket s_listenSocket = ProviderFixture.Listen();

    private readonly SimulatedIo _simulation;
    private readonly VerifyingIo _io;
    private readonly RegisteredMemoryPool _pool;
    private readonly IDisposable _cache;
    private readonly ConnectionSettings _settings;
    private readonly AcceptLoop? _acceptLoop;
    private readonly Queue<ScheduledConnection> _notYetAccepted = new();
    private readonly ManualTime _time = new();
    private readonly List<ScheduledConnection> _connections = [];
    private readonly ConcurrentDictionary<RioConnection, ScheduledConnection> _opened = new();
    private ExceptionDispatchInfo? _failure;
    private Task? _listeningEnded;
    private bool _stopPosted;
    private bool _closed;

    static TransportWorld()
    {
        // Schedules hold pool threads up, and other tests run beside them.
        ThreadPool.GetMinThreads(out var workers, out var completionPorts);
        ThreadPool.SetMinThreads(Math.Max(workers, 32), completionPorts);
    }

    public TransportWorld(ScheduleSettings settings)
    {
        Settings = settings;
        _simulation = new SimulatedIo(settings.ToSimulation());
        _io = new VerifyingIo(_simulation, VerifierScope.Transport);
        long? limit = settings.SlabLimit == 0 ? null : settings.SlabLimit * (long)SlabSize;
        _pool = new RegisteredMemoryPool(_io, SlabSize, limit, meterFactory: null, NullLogger.Instance, _time, _io);
        Poller = new CompletionPoller(0, _io.CreateCompletionQueue(QueueCapacity), _pool, _io.Capabilities, parking: null, NullLogger.Instance, static poller => new InlineRunner(poller));
        _pool.Room.Wanted = Poller.Spare.OnRoomWanted;
        _pool.Room.Returned = Poller.Starved.OnRoomReturned;
        States = new StateRecorder
        {
            InboundEnded = connection => Find(connection).HasEnded = true,
            InputEnding = connection => Find(connection).AwaitTell(),
            SocketClosed = connection => Find(connection).OnSocketClosed(),
            Released = connection => Find(connection).IsReleased = true,
        };
        _settings = new ConnectionSettings(settings.ToOptions(), Poller, NullLogger.Instance) { StateObserver = States };
        _cache = _pool.AttachToCurrentThread();
        if (settings.Accepts)
        {
            _acceptLoop = new AcceptLoop(
                Poller, s_listenSocket, s_listenSocket.LocalEndPoint!, OnAccepted, NullLogger.Instance, _time);
            _acceptLoop.Start();
        }
    }

    public ScheduleSettings Settings { get; }

    public CompletionPoller Poller { get; }

    public StateRecorder States { get; }

    public IReadOnlyList<ScheduledConnection> Connections => _connections;

    public bool IsListening => _acceptLoop is not null && _listeningEnded is null && !_stopPosted;

    public bool IsStopping => _stopPosted;

    public bool IsDrained => Poller.IsStopping && Poller.IsDrained && (_listeningEnded ?? Task.CompletedTask).IsCompleted;

    public void Connect()
    {
        if (_stopPosted)
        {
            return;
        }

        if (_acceptLoop is null)
        {
            var direct = Add(_simulation.CreateConnected(out var accepted));
            Arrive(direct, accepted);
        }
        else if (IsListening)
        {
            _notYetAccepted.Enqueue(Add(_simulation.Connect(s_listenSocket)));
        }
    }

    public void StopListening()
    {
        if (IsListening)
        {
            _listeningEnded = _acceptLoop!.StopAsync();
        }
    }

    public void StopPoller()
    {
        if (!_stopPosted)
        {
            // As PollerGroup has it: the listeners first.
            StopListening();
            _stopPosted = true;
            Poller.Post(new PollerAction(Poller.BeginStop));
        }
    }

    /// <summary>With the upkeep that goes with it.</summary>
    public void TimePasses(TimeSpan time)
    {
        _time.Advance(time);
        Poller.Starved.RelieveOne();
    }

    public void TrimPool() => _pool.Trim();

    public void Pass()
    {
        Poller.Bind();
        try
        {
            Poller.RunPass(TimeSpan.Zero);
        }
        finally
        {
            CompletionPoller.Unbind();
        }

        _failure?.Throw();
        States.AssertAllAllowed();
        foreach (var connection in _connections)
        {
            connection.Peer.TakeWhatArrived();
        }

        if (!Settings.TellsLate)
        {
            TellAll();
        }
    }

    public void TellAll() => _connections.ForEach(connection => connection.Tell());

    /// <summary>
    /// Runs application code. What it throws must not end in the poller, which hands it to the thread pool and so to the end of
    /// the process.
    /// </summary>
    public void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            _failure ??= ExceptionDispatchInfo.Capture(e);
        }
    }

    public void AssertNothingLeft()
    {
        Assert.True(IsDrained);
        Assert.Equal(0, Poller.Connections);
        Assert.Equal(0, Poller.Outstanding);
        Poller.Close();
        Assert.Equal(0, _pool.Counts.RentedBlocks);
        Close();
        _io.AssertNothingLeft();
        Assert.Equal(0, _simulation.Registered);
    }

    public void Dispose()
    {
        _connections.ForEach(connection => connection.Dispose());
        Close();
    }

    private void Close()
    {
        if (!_closed)
        {
            _closed = true;
            _cache.Dispose();
            _pool.Dispose();
        }
    }

    private ScheduledConnection Add(SimulatedPeer peer)
    {
        var connection = new ScheduledConnection(this, new ScheduledPeer(peer, _connections.Count));
        _connections.Add(connection);
        return connection;
    }

    private ScheduledConnection Find(RioConnection connection) => _opened[connection];

    private void OnAccepted(AcceptedSocket socket) => Arrive(_notYetAccepted.Dequeue(), socket);

    /// <summary>What a listener does with an accepted socket.</summary>
    private void Arrive(ScheduledConnection connection, AcceptedSocket socket)
    {
        Poller.ReserveConnection();
        Poller.Post(new PollerAction(() => Open(connection, socket)));
    }

    private void Open(ScheduledConnection scheduled, AcceptedSocket socket)
    {
        if (Poller.IsStopping)
        {
            Poller.ReleaseConnection();
            _io.Discard(socket);
            scheduled.IsReleased = true;
            return;
        }

        var connection = new RioConnection(_settings);
        _opened[connection] = scheduled;
        Assert.Equal(SocketError.Success, connection.Open(socket, s_listenSocket.LocalEndPoint!));
        Assert.True(connection.RemoteEndPoint is null || connection.RemoteEndPoint.Equals(scheduled.Peer.Peer.LocalEndPoint));
        scheduled.OnOpened(connection);
        connection.Start();
    }
}
