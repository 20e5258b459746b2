using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>An owner of a descriptor in the readiness set and of operations in the ring, found by slot and generation.</summary>
internal interface IRingTarget
{
    /// <summary>Its descriptor is ready. Completions for the caller go into the sink.</summary>
    void OnReady(PollEvents events, ref ResultSink sink);

    /// <summary>An operation has completed. Completions for the caller go into the sink.</summary>
    void OnCompletion(OperationKind kind, in CompletionEntry completion, ref ResultSink sink);
}
