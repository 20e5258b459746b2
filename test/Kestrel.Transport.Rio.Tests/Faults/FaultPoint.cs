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
    WakeUp,
    Accept,
    Throw,
}
