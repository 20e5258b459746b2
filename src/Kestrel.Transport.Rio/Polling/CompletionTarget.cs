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

    /// <summary>
    /// The completion queue is lost. What is outstanding completes with an error, and no request will be taken any more. The
    /// poller's thread only.
    /// </summary>
    public abstract void OnCompletionQueueFailed(string reason);

    /// <summary>The poller stops: end everything that is under way, and leave the poller when it has ended. The poller's thread only.</summary>
    public abstract void OnPollerStopping();

    /// <summary>
    /// An exception of ours has come up on the poller: end everything that is under way, and leave the poller when it has ended.
    /// The poller's thread only.
    /// </summary>
    public abstract void OnPollerDied(Exception cause);

    /// <summary>
    /// It has not ended in time after the death of its poller: whoever waits for this target must be told. What the kernel may
    /// still write to is left as it is. The poller's thread only.
    /// </summary>
    public abstract void OnPollerAbandoned();
}
