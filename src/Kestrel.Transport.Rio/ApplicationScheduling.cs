namespace Kestrel.Transport.Rio;

/// <summary>Where application code runs: the continuations of reads from, and flushes to, a connection.</summary>
public enum ApplicationScheduling
{
    /// <summary>
    /// On the thread pool. The safest: a handler that blocks holds up nothing but itself.
    /// </summary>
    ThreadPool = 0,

    /// <summary>
    /// On the poller's own thread, after a batch of completions has been dispatched and before its requests are
    /// committed. The fastest, for applications whose handlers never block: one that does stalls every connection of its
    /// poller.
    /// </summary>
    Inline = 1,
}
