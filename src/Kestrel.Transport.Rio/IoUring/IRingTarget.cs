using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>What has operations in a ring and is found again by slot and generation.</summary>
internal interface IRingTarget
{
    /// <summary>An operation has completed; what comes of it for the caller goes into the sink.</summary>
    void OnRingCompletion(OperationKind kind, in CompletionEntry completion, ref ResultSink sink);

    /// <summary>A completion of this target has been given to the caller.</summary>
    void OnDequeued();
}
