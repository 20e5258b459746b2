using Kestrel.Transport.Rio.Tests.Simulation;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>The machine, the options of the transport and the manners of the application for one schedule.</summary>
internal sealed record ScheduleSettings
{
    public ProviderShape Shape { get; init; }

    /// <summary>Of the simulation's hazards.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Connections come through an accept loop; else they are opened directly.</summary>
    public bool Accepts { get; init; }

    public bool WaitForData { get; init; } = true;

    public bool FinOnError { get; init; }

    public int? MaxReadBufferSize { get; init; }

    public int? MaxWriteBufferSize { get; init; }

    /// <summary>How many slabs of 16 blocks the user allows; 0 for no limit.</summary>
    public int SlabLimit { get; init; }

    /// <summary>How many slabs the machine registers; 0 for no limit.</summary>
    public int MachineSlabLimit { get; init; }

    /// <summary>How many unread bytes stall the sends to a peer that does not read.</summary>
    public int Window { get; init; } = 64 * 1024;

    /// <summary>The thread pool tells applications of the end only at a <see cref="StepKind.Tell"/>.</summary>
    public bool TellsLate { get; init; }

    public Ending Ending { get; init; }

    public bool IsWinsock => Shape is ProviderShape.Winsock or ProviderShape.WinsockUnsteady or ProviderShape.WinsockFailing;

    /// <summary>Bytes may be lost without anybody's doing.</summary>
    public bool MayFail => Shape is ProviderShape.Failing or ProviderShape.Stalling or ProviderShape.WinsockFailing;

    public SimulationOptions ToSimulation()
    {
        var options = new SimulationOptions { Seed = (ulong)Seed, Window = Window };
        options = Shape switch
        {
            ProviderShape.Unsteady or ProviderShape.WinsockUnsteady => options.Unsteady(),
            ProviderShape.Failing or ProviderShape.WinsockFailing => options.Failing() with { RefusalChance = 0.02 },
            ProviderShape.Stalling => options.Unsteady() with { StallChance = 0.1 },
            _ => options,
        };
        options = IsWinsock ? options.AsWinsock() : options;
        return MachineSlabLimit == 0 ? options : options with { LockedMemoryLimit = MachineSlabLimit * (long)TransportWorld.SlabSize };
    }

    public RioTransportOptions ToOptions() => new()
    {
        ApplicationScheduling = ApplicationScheduling.Inline,
        WaitForDataBeforeAllocatingBuffer = WaitForData,
        FinOnError = FinOnError,
        MaxReadBufferSize = MaxReadBufferSize,
        MaxWriteBufferSize = MaxWriteBufferSize,
    };
}
