namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// The purpose of an entry in the ring or of a readiness event: the top byte of its <c>user_data</c>, above slot and generation.
/// </summary>
internal enum OperationKind : byte
{
    /// <summary>Readiness of the eventfd that other threads write to.</summary>
    WakeUp = 1,

    /// <summary>Readiness of a listening or a connected socket.</summary>
    Readiness,

    /// <summary>The close of a descriptor, which is in the low bits.</summary>
    Close,

    /// <summary>The oldest receive of a request queue.</summary>
    Receive,

    /// <summary>The oldest sends of a request queue.</summary>
    Send,
}
