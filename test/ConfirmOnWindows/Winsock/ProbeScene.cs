using Kestrel.Transport.Rio.Winsock;

namespace ConfirmOnWindows.Winsock;

/// <summary>All that a probe makes, and its end by the rules: sockets, completions, completion queues, registrations.</summary>
internal sealed class ProbeScene(WinsockFunctions functions)
{
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(5);

    private readonly List<ProbeConnection> _connections = [];
    private readonly List<ProbeQueue> _queues = [];
    private readonly List<ProbeMemory> _memory = [];

    public WinsockFunctions Functions => functions;

    public ProbeQueue CreateQueue(uint size)
    {
        Require(ProbeQueue.TryCreate(functions, size, out var queue), "RIOCreateCompletionQueue");
        _queues.Add(queue);
        return queue;
    }

    public ProbeMemory Register(int length)
    {
        Require(TryRegister(length, out var memory), "RIORegisterBuffer");
        return memory;
    }

    public CallResult TryRegister(int length, out ProbeMemory memory)
    {
        var result = ProbeMemory.TryRegister(functions, length, out memory);
        _memory.Add(memory);
        return result;
    }

    public ProbeConnection Connect(ProbeQueue queue, uint receives, uint sends)
    {
        Require(TryConnect(queue, receives, sends, out var connection), "RIOCreateRequestQueue");
        return connection;
    }

    public CallResult TryConnect(ProbeQueue queue, uint receives, uint sends, out ProbeConnection connection)
    {
        var result = ProbeConnection.TryOpen(functions, queue, receives, sends, out connection);
        _connections.Add(connection);
        return result;
    }

    /// <returns>How many requests never completed. What they use is not given back then.</returns>
    public int End()
    {
        foreach (var connection in _connections)
        {
            connection.Close();
            connection.Peer.Dispose();
        }

        foreach (var queue in _queues)
        {
            queue.Dequeue(queue.Outstanding, s_drain);
        }

        var left = _queues.Sum(queue => queue.Outstanding);
        if (left == 0)
        {
            _queues.ForEach(queue => queue.Dispose());
            _memory.ForEach(memory => memory.Deregister());
            _memory.ForEach(memory => memory.Free());
        }

        return left;
    }

    private static void Require(CallResult result, string call)
    {
        if (!result.IsAccepted)
        {
            throw new InvalidOperationException($"{call} was {result}, before the question could be asked.");
        }
    }
}
