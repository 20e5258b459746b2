namespace Kestrel.Transport.Rio.Winsock;

/// <summary>Whose completion it is.</summary>
internal interface ICompletionSource
{
    /// <summary>The completion has been given to the caller.</summary>
    void OnDequeued();
}
