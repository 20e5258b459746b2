using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>A completion that can be dequeued, and whose account it settles.</summary>
internal readonly record struct ReadyCompletion(RioResult Result)
{
    public SimulatedRequestQueue? RequestQueue { get; init; }

    public RequestKind Kind { get; init; }

    /// <summary>The accept queue that is no longer armed after this one.</summary>
    public SimulatedAcceptQueue? EndedAccepts { get; init; }
}
