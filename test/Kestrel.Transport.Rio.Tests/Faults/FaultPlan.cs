using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Echo;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>What a seed makes of a run: the options take turns, so that every kind of fault meets every one of them.</summary>
internal sealed class FaultPlan
{
    private const int Kinds = (int)FaultKind.Everything + 1;

    public FaultPlan(int seed)
    {
        Seed = seed;
        var random = new DeterministicRandom((ulong)seed);
        Kind = (FaultKind)(seed % Kinds);
        var turn = seed / Kinds;

        // As Winsock would have it, every fourth: parked receives, and no memory that is not registered.
        var hidesCapabilities = turn % 4 == 3;
        Options = new RioTransportOptions
        {
            ApplicationScheduling = (ApplicationScheduling)(turn % 3),
            PollerCount = (turn & 1) == 0 ? 2 : 1,
            WaitForDataBeforeAllocatingBuffer = (turn & 2) == 0,
            RegistrationGranularity = (turn & 8) == 0 ? RegistrationGranularity.Slab : RegistrationGranularity.Block,
            SlabSize = (IsShortOfMemory ? 128 : 256) * 1024,
            MaxRegisteredMemory = IsShortOfMemory && random.Chance(0.5) ? 256 * 1024 : null,
        };
        var holdsForSeconds = Kind == FaultKind.Timing && turn % 4 == 2;
        StopsEarly = random.Chance(0.1) && !holdsForSeconds;
        Gather = random.Between(1, IsShortOfMemory ? 2_000 : 50_000);
        Rates = RatesOfKind(random) with
        {
            Hold = random.Chance(0.5) ? 0.05 : 0.005,
            LongestHold = TimeSpan.FromMilliseconds(turn % 16 == 15 ? 1500 : random.Between(1, 20)),
            LateWakeUp = random.Between(0, 20),
            ShortReceive = random.Between(0, 200) / 1000.0,
            LongHold = holdsForSeconds ? TimeSpan.FromSeconds(3) : TimeSpan.Zero,

            // Each costs up to a second.
            LostWakeUp = turn % 4 == 1 ? 5 : 0,
            HidesCapabilities = hidesCapabilities,

            // Room for 16 completions, where a connection may have 17 requests.
            RingEntries = turn % 5 == 4 ? 1u : 0,
        };
        Wave = random.Between(3, 10);
        Clients =
        [
            .. Enumerable.Range(0, random.Between(6, 16)).Select(_ => new ClientPlan(
                Bytes: Rates.SmallBuffers > 0 || IsShortOfMemory || random.Chance(0.8)
                    ? random.Between(1, 20_000)
                    : random.Between(50_000, 300_000),
                Piece: random.Between(500, 20_000),
                Resets: Kind == FaultKind.Everything && random.Chance(0.2))),
        ];
    }

    public int Seed { get; }

    public FaultKind Kind { get; }

    public RioTransportOptions Options { get; }

    public FaultRates Rates { get; }

    /// <summary>How much the application gathers before it answers.</summary>
    public int Gather { get; }

    /// <summary>The host stops in the middle of it.</summary>
    public bool StopsEarly { get; }

    public IReadOnlyList<ClientPlan> Clients { get; }

    /// <summary>How many of the clients come at once: the others come when those before them have gone, and get their room.</summary>
    public int Wave { get; }

    /// <summary>There may be no transport at all.</summary>
    public bool MayNotStart => Rates is { HidesCapabilities: true } and ({ RegistrationRefusal: > 0 } or { AllocationRefusal: > 0 });

    /// <summary>Clients may be turned away.</summary>
    public bool MayRefuse => Rates.QueueRefusal > 0 || MayDie;

    public bool MayDie => Rates.Throw > 0;

    /// <summary>
    /// A slab or two may be all there is, so nothing is asked for that does not fit in there: messages of which none can end
    /// would wait for each other's memory, as the options say.
    /// </summary>
    private bool IsShortOfMemory => Kind is FaultKind.Memory or FaultKind.Everything;

    public override string ToString()
        => $"seed {Seed}: {Kind}, {Rates}, {Options.ApplicationScheduling}, {Options.RegistrationGranularity}, "
            + $"{(Options.WaitForDataBeforeAllocatingBuffer ? "waits" : "blocks")}, {Options.PollerCount} pollers, "
            + $"{Options.MaxRegisteredMemory} registered at most, gathers {Gather}{(StopsEarly ? ", stops early" : "")}";

    private FaultRates RatesOfKind(DeterministicRandom random) => Kind switch
    {
        FaultKind.Sockets => new FaultRates { SmallBuffers = 0.5 },
        FaultKind.Refusals => new FaultRates { Refusal = random.Between(5, 60) / 1000.0 },
        FaultKind.ShortSends => new FaultRates { ShortSend = random.Between(5, 60) / 1000.0 },
        FaultKind.Failures => new FaultRates { Failure = random.Between(5, 60) / 1000.0 },
        FaultKind.Accepts => new FaultRates { AcceptFailure = 0.3, AcceptsUntilFailure = random.Between(1, 5) },
        FaultKind.Queues => new FaultRates
        {
            QueueRefusal = random.Between(50, 300) / 1000.0,

            // Two or three connections' worth: the queue grows with nearly every seed.
            MostQueueCapacity = random.Between(34, 60),
        },
        FaultKind.Memory => new FaultRates
        {
            RegistrationRefusal = random.Between(0, 500) / 1000.0,
            AllocationRefusal = random.Between(0, 300) / 1000.0,
        },
        FaultKind.Deaths => new FaultRates { Throw = random.Between(2, 20) / 1000.0 },
        FaultKind.Everything => new FaultRates
        {
            SmallBuffers = 0.05,
            Refusal = 0.005,
            ShortSend = 0.005,
            Failure = 0.005,
            AcceptFailure = 0.1,
            AcceptsUntilFailure = 5,
            QueueRefusal = 0.02,
            MostQueueCapacity = 60,
            RegistrationRefusal = 0.1,
            AllocationRefusal = 0.1,
            Throw = 0.0005,
        },
        _ => new FaultRates(),
    };
}
