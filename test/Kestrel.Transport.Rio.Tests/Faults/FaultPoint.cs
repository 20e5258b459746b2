namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>Where something went wrong.</summary>
internal enum FaultPoint
{
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
