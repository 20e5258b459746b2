using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>
/// A machine with registered I/O that exists in memory only. What happens, when and in which order follows from the seed
/// and the order of calls; there are no threads and no clock in it, apart from sleeping in <see cref="WaitMode.Block"/>.
/// </summary>
/// <remarks>One gate for everything: the simulation is to be right, not fast, and peers may act from any thread.</remarks>
internal sealed class SimulatedIo : RegisteredIo
{
    private readonly Dictionary<ulong, Registration> _registrations = [];
    private readonly Stack<ulong> _freeIds = new();
    private readonly Dictionary<nint, SimulatedConnection> _unowned = [];
    private readonly Dictionary<Socket, SimulatedListener> _listeners = new(ReferenceEqualityComparer.Instance);
    private long _lockedMemory;
    private ulong _lastId;
    private int _connections;

    public SimulatedIo(SimulationOptions? options = null)
    {
        Options = options ?? new SimulationOptions();
        Random = new DeterministicRandom(Options.Seed);
    }

    public override string Name => "simulation";

    public override RioCapabilities Capabilities => Options.Capabilities;

    public SimulationOptions Options { get; }

    public DeterministicRandom Random { get; }

    public object Gate { get; } = new();

    /// <summary>How many registrations there are.</summary>
    public int Registered
    {
        get
        {
            lock (Gate)
            {
                return _registrations.Count;
            }
        }
    }

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
    {
        id = BufferId.Invalid;
        if (length <= 0)
        {
            return SocketError.InvalidArgument;
        }

        if (address == 0)
        {
            return SocketError.Fault;
        }

        lock (Gate)
        {
            if (_lockedMemory + length > Options.LockedMemoryLimit)
            {
                return SocketError.NoBufferSpaceAvailable;
            }

            // The last one given back first, so that whoever still holds a stale id is soonest caught with it.
            if (!_freeIds.TryPop(out var value))
            {
                value = ++_lastId;
            }

            id = new BufferId(value);
            _registrations.Add(value, new Registration(address, length));
            _lockedMemory += length;
            return SocketError.Success;
        }
    }

    public override void DeregisterBuffer(BufferId id)
    {
        lock (Gate)
        {
            if (_registrations.Remove(id.Value, out var registration))
            {
                _lockedMemory -= registration.Length;
                _freeIds.Push(id.Value);
            }
        }
    }

    public override CompletionQueue CreateCompletionQueue(int capacity)
        => new SimulatedCompletionQueue(this, capacity);

    public override void Discard(AcceptedSocket socket)
    {
        lock (Gate)
        {
            Adopt(socket)?.CloseAsServer(CloseMode.Graceful);
            socket.Socket?.Dispose();
            Changed();
        }
    }

    public override void Dispose()
    {
    }

    /// <summary>A connection without a listener: the server's end comes out as accepted.</summary>
    public SimulatedPeer CreateConnected(out AcceptedSocket accepted)
    {
        lock (Gate)
        {
            var connection = NewConnection();
            accepted = Release(connection);
            return new SimulatedPeer(this, connection);
        }
    }

    /// <summary>Connects to a listening socket, which may get its accept queue later.</summary>
    public SimulatedPeer Connect(Socket listenSocket)
    {
        lock (Gate)
        {
            return ConnectTo(ListenerOf(listenSocket));
        }
    }

    /// <summary>Connects to the listening socket that is bound to an endpoint and has an accept queue.</summary>
    public SimulatedPeer Connect(EndPoint endPoint)
    {
        lock (Gate)
        {
            return ConnectTo(_listeners.Values.First(listener => endPoint.Equals(listener.EndPoint)));
        }
    }

    /// <summary>Takes the oldest connection that waits at a listening socket, without an accept queue.</summary>
    public AcceptedSocket Accept(Socket listenSocket)
    {
        lock (Gate)
        {
            return Release(ListenerOf(listenSocket).Backlog.Dequeue());
        }
    }

    public SimulatedListener ListenerOf(Socket listenSocket)
    {
        if (!_listeners.TryGetValue(listenSocket, out var listener))
        {
            listener = new SimulatedListener(listenSocket.LocalEndPoint);
            _listeners.Add(listenSocket, listener);
        }

        return listener;
    }

    /// <summary>The accept queue hands the server's end of a connection to its caller.</summary>
    public AcceptedSocket Release(SimulatedConnection connection)
    {
        _unowned.Add(connection.Handle, connection);
        var socket = Options.AcceptsWithSocket ? NewUnconnectedSocket() : null;
        return new AcceptedSocket(connection.Handle, socket, connection.PeerEndPoint);
    }

    /// <summary>Somebody takes an accepted socket over. Null when it is not, or no longer, free to be taken.</summary>
    public SimulatedConnection? Adopt(AcceptedSocket socket)
        => _unowned.Remove(socket.Handle, out var connection) ? connection : null;

    /// <summary>Whether the kernel takes a slice into a request.</summary>
    public bool IsUsable(in RioBuffer buffer)
    {
        if (!buffer.Id.IsValid)
        {
            return Capabilities.AcceptsUnregisteredBuffers;
        }

        return _registrations.TryGetValue(buffer.Id.Value, out var registration)
            && buffer.Offset >= 0
            && buffer.Length > 0
            && (long)buffer.Offset + buffer.Length <= registration.Length;
    }

    /// <summary>Somebody may have become able to go on.</summary>
    public void Changed() => Monitor.PulseAll(Gate);

    public static Socket NewUnconnectedSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private SimulatedConnection NewConnection() => new(this, ++_connections);

    private SimulatedPeer ConnectTo(SimulatedListener listener)
    {
        var connection = NewConnection();
        listener.Backlog.Enqueue(connection);
        Changed();
        return new SimulatedPeer(this, connection);
    }
}
