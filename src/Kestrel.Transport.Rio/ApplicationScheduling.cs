namespace Kestrel.Transport.Rio;

/// <summary>Where application code runs: the continuations of reads from, and flushes to, a connection.</summary>
public enum ApplicationScheduling
{
    /// <summary>
    /// On the thread pool. A handler that blocks holds up nothing but itself, as long as the pool has threads.
    /// </summary>
    ThreadPool = 0,

    /// <summary>
    /// On the poller's own thread, after a batch of completions has been dispatched and before its requests are
    /// committed. The fastest, for applications whose handlers never block: one that does stalls every connection of its
    /// poller.
    /// </summary>
    Inline = 1,

    /// <summary>
    /// On the poller's own thread as <see cref="Inline"/>; and when application code keeps it longer than
    /// <see cref="RioTransportOptions.HandOverThreshold"/>, another thread takes the poller over, and everything but the
    /// request that blocks goes on. A connection whose handler was seen to block is served by other threads for a while: on threads of
    /// the transport's own where the system tells that it waits, and otherwise on the thread pool, where no more of those that compute
    /// run at a time than there are processors. Where it happens often, new connections of the poller are served on the thread pool; all
    /// of them when that is not enough.
    /// </summary>
    Adaptive = 2,
}
