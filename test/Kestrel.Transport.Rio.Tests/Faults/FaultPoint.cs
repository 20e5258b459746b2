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

    Accept,
    Throw,
}
