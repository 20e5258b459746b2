namespace Kestrel.Transport.Rio.Contract.Support;

/// <summary>The part of a provider that a completion belongs to: one direction of a request queue, or an accept queue.</summary>
internal interface ICompletionSource
{
    /// <summary>The caller has the completion.</summary>
    void OnDequeued();
}
