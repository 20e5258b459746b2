using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>
/// The hazards of a simulated machine. The default is a machine at its kindest: everything is done in the pass in which
/// it can be done. Probabilities are per pass or per request, from 0 to 1.
/// </summary>
internal sealed record SimulationOptions
{
    public ulong Seed { get; init; } = 1;

    public WaitMode Wait { get; init; } = WaitMode.Step;

    /// <summary>True as with Winsock, where a commit reaches the kernel; false as with io_uring, where Submit or Wait does.</summary>
    public bool StartsAtCommit { get; init; }

    /// <summary>Accepting needs a managed socket, as AcceptEx does.</summary>
    public bool AcceptsWithSocket { get; init; }

    /// <summary>The most passes between the end of a request and its completion. Mixes the order across connections.</summary>
    public int MaxLateness { get; init; }

    /// <summary>The most passes for which a closed socket keeps the completion queue's count up after its last completion.</summary>
    public int MaxClosingPasses { get; init; }

    /// <summary>That a request which could go on does not do so in this pass.</summary>
    public double HesitationChance { get; init; }

    /// <summary>That a receive takes less than there is.</summary>
    public double PartialReceiveChance { get; init; }

    /// <summary>That the kernel takes less of a send at once than it has room for, so that the provider must carry on.</summary>
    public double ShortTransferChance { get; init; }

    /// <summary>That a receive fails, with a reset or for want of memory.</summary>
    public double ReceiveErrorChance { get; init; }

    /// <summary>That a send fails half-way, which breaks the connection: what was sent is not known.</summary>
    public double SendErrorChance { get; init; }

    /// <summary>That a request never ends by itself: until close.</summary>
    public double StallChance { get; init; }

    /// <summary>That a request is refused for want of memory.</summary>
    public double RefusalChance { get; init; }

    /// <summary>That an accept fails and disarms its queue.</summary>
    public double AcceptErrorChance { get; init; }

    /// <summary>How many bytes the peer's kernel holds before a send stalls.</summary>
    public int Window { get; init; } = 64 * 1024;

    /// <summary>How many bytes may be registered.</summary>
    public long LockedMemoryLimit { get; init; } = long.MaxValue;

    public RioCapabilities Capabilities { get; init; } = new()
    {
        CanWaitForData = true,
        CanSendAtOnce = true,
        AcceptsUnregisteredBuffers = true,
        KeepsRequestsOfEndedThreads = true,
    };

    /// <summary>With Winsock's abilities and its way to start requests.</summary>
    public SimulationOptions AsWinsock() => this with
    {
        StartsAtCommit = true,
        AcceptsWithSocket = true,
        Capabilities = new RioCapabilities(),
    };

    /// <summary>Late, shuffled, partial and short, but without a failure: all bytes must still arrive.</summary>
    public SimulationOptions Unsteady() => this with
    {
        MaxLateness = 4,
        MaxClosingPasses = 3,
        HesitationChance = 0.3,
        PartialReceiveChance = 0.4,
        ShortTransferChance = 0.4,
    };

    /// <summary>Unsteady, and requests fail.</summary>
    public SimulationOptions Failing() => Unsteady() with
    {
        ReceiveErrorChance = 0.03,
        SendErrorChance = 0.03,
        AcceptErrorChance = 0.05,
    };
}
