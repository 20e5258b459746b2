namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>What may happen next in a schedule.</summary>
internal enum StepKind
{
    Pass,
    Connect,
    PeerWrites,
    PeerFinishes,
    PeerResets,
    PeerStopsReading,
    PeerStartsReading,
    Read,
    Write,
    WriteFromOutsideThePool,
    CompleteOutput,
    CompleteInput,
    Abort,
    Dispose,

    /// <summary>The application rents blocks of the transport's pool, as TLS does.</summary>
    HoldBlocks,
    ReturnBlocks,

    /// <summary>The thread pool gets round to the work that tells the application of the end.</summary>
    Tell,
    TimePasses,
    StopListening,
    StopPoller,
}
