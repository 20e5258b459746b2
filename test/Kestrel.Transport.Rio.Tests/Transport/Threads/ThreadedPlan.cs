using Kestrel.Transport.Rio.Tests.Transport.Schedules;

namespace Kestrel.Transport.Rio.Tests.Transport.Threads;

/// <summary>A host with real pollers, and the connections that it serves all at once.</summary>
internal sealed record ThreadedPlan(
    ProviderShape Shape,
    int Seed,
    ApplicationScheduling Scheduling,
    int Pollers,
    int SlabLimit,
    bool StopsEarly,
    IReadOnlyList<ConnectionPlan> Connections)
{
    /// <summary>Every byte of a peaceful connection must arrive.</summary>
    public bool MayLoseBytes => StopsEarly || Shape is ProviderShape.Failing or ProviderShape.WinsockFailing;

    public override string ToString()
        => $"{Shape} {Seed}, {Scheduling}, {Pollers} pollers, {SlabLimit} slabs{(StopsEarly ? ", stops early" : "")}{Environment.NewLine}  "
            + string.Join(Environment.NewLine + "  ", Connections);
}
