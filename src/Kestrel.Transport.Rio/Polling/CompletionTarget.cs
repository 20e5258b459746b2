using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// What completions on a poller are for: a connection, or an endpoint that accepts. As an item of the mailbox it stands for
/// the wish of another thread that it ends.
/// </summary>
internal abstract class CompletionTarget : MailboxItem
{
    /// <summary>A request has completed. The poller's thread only.</summary>
    public abstract void OnCompletion(in RioResult result);

    /// <summary>Starts what was deferred since the last pass; called once a pass for those that asked by Touch.</summary>
    public abstract void Commit();

    /// <summary>
    /// The completion queue is lost. What is outstanding completes with an error, and no request will be taken any more. The
    /// poller's thread only.
    /// </summary>
    public abstract void OnCompletionQueueFailed(string reason);

    /// <summary>The poller stops: end everything that is under way, and leave the poller when it has ended. The poller's thread only.</summary>
    public abstract void OnPollerStopping();

    /// <summary>
    /// The poller has died: whoever waits for this target must be told. Its memory is not to be touched, since requests are
    /// outstanding for good. The poller's thread only.
    /// </summary>
    public abstract void OnPollerDied();
}
