using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>What has a descriptor in the readiness set and operations in the ring, and is found again by slot and generation.</summary>
internal interface IRingTarget
{
    /// <summary>Its descriptor is ready; what comes of it for the caller goes into the sink.</summary>
    void OnReady(PollEvents events, ref ResultSink sink);

    /// <summary>An operation has completed; what comes of it for the caller goes into the sink.</summary>
    void OnCompletion(OperationKind kind, in CompletionEntry completion, ref ResultSink sink);
}
