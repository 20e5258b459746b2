namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>Where something went wrong.</summary>
internal enum FaultPoint
{
    Allocation,
    Registration,
    RequestQueue,
    Resize,
    Refusal,
    ShortReceive,
    ShortSend,
    Failure,
    Hold,

    /// <summary>A completion was held back for <see cref="FaultRates.LongHold"/>.</summary>
    LongHold,
    WakeUp,
    LostWakeUp,

    /// <summary>The provider has had to begin anew to wait for wake-ups.</summary>
    EndedWatch,

    /// <summary>The kernel has said that completions have no place in the ring.</summary>
    Overflow,
    Accept,
    Throw,
}
