namespace Kestrel.Transport.Rio;

/// <summary>Where application code runs: the continuations of reads from, and flushes to, a connection.</summary>
public enum ApplicationScheduling
{
    /// <summary>
    /// On the thread pool. A blocking handler holds up only itself, as long as the pool has threads. Each request costs a change
    /// of threads.
    /// </summary>
    ThreadPool = 0,

    /// <summary>
    /// On the poller's thread, between the dispatch of a batch of completions and the commit of the answers. The least CPU time. A
    /// blocking handler stalls all connections of its poller.
    /// </summary>
    Inline = 1,

    /// <summary>
    /// On the poller's thread, as <see cref="Inline"/>. When application code holds the thread for longer than
    /// <see cref="RioTransportOptions.HandOverThreshold"/>, another thread takes the poller over, and only the blocking request is
    /// late.
    /// </summary>
    /// <remarks>
    /// A connection whose handler has blocked runs on other threads for some seconds. These are threads of the transport where the
    /// system tells that the handler waits. Otherwise the thread pool runs it, and of CPU-bound handlers as many at a time as
    /// there are processors. When handlers block very often, new connections of the poller run on the thread pool too, and a
    /// warning reports it.
    /// </remarks>
    Adaptive = 2,
}
