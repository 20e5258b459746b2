using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>
/// A provider around a real one in which things go wrong, as far as a kernel may do such a thing: what the real one has in hand
/// is never touched. Requests are refused or changed before it sees them, and results after it is through with them.
/// </summary>
internal sealed class FaultyIo(RegisteredIo inner, FaultRates rates, ulong seed) : RegisteredIo, INativeMemory
{
    public const string Exception = "An exception that no provider throws.";

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<byte, FaultyRequestQueue> _requestQueues = [];
    private readonly DeterministicRandom _random = new(seed);

    public override string Name => inner.Name;

    public override RioCapabilities Capabilities => rates.HidesCapabilities ? new RioCapabilities() : inner.Capabilities;

    public FaultRates Rates => rates;

    public FaultTally Tally { get; } = new();

    /// <summary>The next post on any request queue throws. Any thread.</summary>
    public volatile bool ThrowsNext;

    /// <summary>The next socket cannot be made into a connection, and throws when it is tried. Any thread.</summary>
    public volatile bool ThrowsAtOpen;

    /// <summary>The next connection has an address that cannot be read, and throws. Any thread.</summary>
    public volatile bool ThrowsAtAddress;

    /// <summary>The system has no memory. Any thread.</summary>
    public volatile bool RefusesMemory;

    /// <summary>Runs in each send at once, on its thread and with the memory in hand.</summary>
    public Action? OnSendingAtOnce { get; set; }

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
    {
        if (!Chance(rates.RegistrationRefusal))
        {
            return inner.RegisterBuffer(address, length, out id);
        }

        Tally.Count(FaultPoint.Registration);
        id = BufferId.Invalid;
        return SocketError.NoBufferSpaceAvailable;
    }

    public nint Allocate(int length, int alignment)
    {
        if (!RefusesMemory && !Chance(rates.AllocationRefusal))
        {
            return SystemMemory.Instance.Allocate(length, alignment);
        }

        Tally.Count(FaultPoint.Allocation);
        return 0;
    }

    public void Free(nint address) => SystemMemory.Instance.Free(address);

    public override void DeregisterBuffer(BufferId id) => inner.DeregisterBuffer(id);

    public override CompletionQueue CreateCompletionQueue(int capacity)
    {
        var completionQueue = inner.CreateCompletionQueue(Math.Min(capacity, rates.MostQueueCapacity));
        lock (_lock)
        {
            return new FaultyCompletionQueue(this, completionQueue, new DeterministicRandom(_random.Next()));
        }
    }

    public override void Discard(AcceptedSocket socket) => inner.Discard(socket);

    public override ThreadActivity? ObserveCurrentThread() => inner.ObserveCurrentThread();

    public override ThreadTimes? ReadThreadTimes() => inner.ReadThreadTimes();

    public override Alarm CreateAlarm() => inner.CreateAlarm();

    public override void Dispose() => inner.Dispose();

    public void OnCreated(FaultyRequestQueue requestQueue, EndPoint? peer)
    {
        if (peer is IPEndPoint client)
        {
            _requestQueues[client.Address.GetAddressBytes()[^1]] = requestQueue;
        }
    }

    /// <summary>Of a client that has an address of its own; null where it had gone before there was one.</summary>
    public FaultyRequestQueue? RequestQueueOf(byte client) => _requestQueues.GetValueOrDefault(client);

    private bool Chance(double probability)
    {
        lock (_lock)
        {
            return _random.Chance(probability);
        }
    }
}
