using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Echo;
using Kestrel.Transport.Rio.WinsockTests.Transport;

namespace Kestrel.Transport.Rio.WinsockTests.Faults;

/// <summary>What a seed makes of a run: the options take turns, so that every kind of fault meets every one of them.</summary>
internal sealed class FaultPlan
{
    private const int Kinds = (int)FaultKind.Everything + 1;

    // WSAENETRESET and WSAETIMEDOUT are in it, as RIORESULT.Status may be.
    private static readonly SocketError[] s_broken =
        [SocketError.ConnectionReset, SocketError.ConnectionAborted, SocketError.NetworkReset, SocketError.TimedOut];

    private static readonly SocketError[] s_refused =
        [SocketError.NoBufferSpaceAvailable, SocketError.InvalidArgument, SocketError.Fault];

    public FaultPlan(int seed)
    {
        Seed = seed;
        var random = new DeterministicRandom((ulong)seed);
        Kind = (FaultKind)(seed % Kinds);
        var turn = seed / Kinds;
        Options = new RioTransportOptions
        {
            RegistrationGranularity = (turn & 1) == 0 ? RegistrationGranularity.Slab : RegistrationGranularity.Block,
            ApplicationScheduling = (turn & 2) == 0 ? ApplicationScheduling.ThreadPool : ApplicationScheduling.Inline,
            WaitForDataBeforeAllocatingBuffer = (turn & 4) == 0,
            PollerCount = (turn & 8) == 0 ? 2 : 1,
            SlabSize = (IsShortOfMemory ? 128 : 256) * 1024,
            IdleReceiveSize = random.Chance(0.5) ? 64 : 512,
        };
        StopsEarly = random.Chance(0.1);
        Gather = random.Between(1, IsShortOfMemory ? 2_000 : 50_000);

        // Two or three connections' worth: the queue grows with nearly every seed.
        MostQueueCapacity = random.Between(34, 60);
        Settings = $"seed={seed};owner=1;strict={turn & 1};late={random.Between(0, 300)};late_ms={random.Between(1, 10)};"
            + $"eager={random.Between(0, 500)};short={random.Between(0, 100)};{SettingsOfKind(random)}";
        Wave = random.Between(3, 10);
        Clients =
        [
            .. Enumerable.Range(0, random.Between(6, 16)).Select(_ => new ClientPlan(
                Bytes: random.Chance(0.2) && !IsShortOfMemory ? random.Between(50_000, 300_000) : random.Between(1, 20_000),
                Piece: random.Between(500, 20_000),
                Resets: Kind == FaultKind.Everything && random.Chance(0.2))),
        ];
    }

    public int Seed { get; }

    public FaultKind Kind { get; }

    public RioTransportOptions Options { get; }

    /// <summary>The bench's.</summary>
    public string Settings { get; }

    /// <summary>What a completion queue begins with.</summary>
    public int MostQueueCapacity { get; }

    /// <summary>How much the application gathers before it answers.</summary>
    public int Gather { get; }

    /// <summary>The host stops in the middle of it.</summary>
    public bool StopsEarly { get; }

    public IReadOnlyList<ClientPlan> Clients { get; }

    /// <summary>How many of the clients come at once: the others come when those before them have gone, and get their room.</summary>
    public int Wave { get; }

    /// <summary>
    /// A slab may be all there is, so nothing is asked for that does not fit in there: messages of which none can end would wait
    /// for each other's memory, as the options say.
    /// </summary>
    private bool IsShortOfMemory => Kind is FaultKind.Memory or FaultKind.Everything;

    private int RegistrationsOfASlab => Options.RegistrationGranularity == RegistrationGranularity.Block
        ? Options.SlabSize / RegisteredMemoryPool.BlockSize
        : 1;

    /// <summary>There may be no transport at all.</summary>
    public bool MayNotStart => Kind is FaultKind.NoBuffers or FaultKind.Memory or FaultKind.Everything;

    /// <summary>Clients may be turned away.</summary>
    public bool MayRefuse => Kind is FaultKind.NoBuffers or FaultKind.Queues or FaultKind.LostQueue or FaultKind.Everything;

    public bool LosesQueue => Kind is FaultKind.LostQueue;

    /// <summary>At least one connection must end by it.</summary>
    public bool EndsConnections => !StopsEarly
        && Kind is FaultKind.RefusedSends or FaultKind.RefusedReceives or FaultKind.Aborted or FaultKind.Reset or FaultKind.LostQueue;

    /// <summary>With what a connection may end.</summary>
    public IReadOnlyList<SocketError> Causes => Kind switch
    {
        FaultKind.RefusedSends => s_refused,
        FaultKind.RefusedReceives => [.. s_refused, SocketError.OperationAborted],
        FaultKind.NoBuffers => [SocketError.NoBufferSpaceAvailable],
        FaultKind.Aborted => [SocketError.OperationAborted],
        FaultKind.Reset => s_broken,
        FaultKind.Everything => [.. s_refused, .. s_broken, SocketError.OperationAborted],
        _ => [],
    };

    public override string ToString()
        => $"seed {Seed}: {Kind}, {Settings}, {Options.RegistrationGranularity}, {Options.ApplicationScheduling}, "
            + $"{(Options.WaitForDataBeforeAllocatingBuffer ? $"slices of {Options.IdleReceiveSize}" : "blocks")}, "
            + $"{Options.PollerCount} pollers from {MostQueueCapacity}, gathers {Gather}{(StopsEarly ? ", stops early" : "")}";

    // What must happen happens at a place that every run gets to.
    private string SettingsOfKind(DeterministicRandom random) => Kind switch
    {
        FaultKind.RefusedSends => $"send={random.Between(0, 60)};send_at={random.Between(1, 8)}",
        FaultKind.RefusedReceives => $"receive={random.Between(0, 60)};receive_at={random.Between(1, 12)}",
        FaultKind.NoBuffers => $"nobufs={random.Between(10, 80)}",
        FaultKind.Aborted => $"aborted={random.Between(0, 40)};aborted_at={random.Between(1, 12)}",
        FaultKind.Reset => $"reset={random.Between(0, 40)};reset_at={random.Between(1, 12)}",
        FaultKind.Queues => $"create_rq={random.Between(0, 300)};resize_rq={random.Between(0, 900)};resize_cq={random.Between(0, 900)}",
        FaultKind.Memory => $"register={random.Between(0, 3)};register_at={RegistrationsOfASlab + random.Between(1, 2)};create_cq={random.Between(0, 200)}",
        // So few dequeues there are in any run, however fast it is.
        FaultKind.LostQueue => $"corrupt_at={random.Between(2, 40)}",
        FaultKind.Everything => "send=5;receive=5;aborted=5;reset=5;create_rq=20;resize_rq=200;resize_cq=50;register=5;create_cq=20;corrupt=1",
        _ => "",
    };
}
