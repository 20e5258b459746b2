namespace Kestrel.Transport.Rio.IoUring;

/// <summary>What an entry in the ring is for: the top byte of its <c>user_data</c>, above slot and generation.</summary>
internal enum OperationKind : byte
{
    /// <summary>The multishot poll of the eventfd that other threads write to.</summary>
    WakeUp = 1,

    /// <summary>A cancellation; its target completes by itself.</summary>
    Cancel,

    /// <summary>The close of a descriptor, which is in the low bits.</summary>
    Close,

    Accept,

    /// <summary>The head of a request queue's receives, or the wait for data before it.</summary>
    Receive,

    /// <summary>A request that only waits for data: what comes of it begins when the queue gets to it.</summary>
    Readiness,

    /// <summary>The first sends of a request queue, or the wait for room before them.</summary>
    Send,
}
