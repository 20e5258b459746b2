namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Executes the posts to a poller whose thread has ended on the thread pool, so that no application waits without end.
/// </summary>
/// <param name="poller">The poller.</param>
/// <param name="executeAll">Executes all that is posted. One thread at a time calls it, bound to the poller.</param>
internal sealed class PollerRemainder(CompletionPoller poller, Action executeAll) : IThreadPoolWorkItem
{
    private readonly Lock _turn = new();
    private volatile bool _isActive;

    /// <summary>Whether the poller's thread has ended. Any thread.</summary>
    public bool IsActive => _isActive;

    /// <summary>The poller's thread ends here.</summary>
    public void Activate()
    {
        _isActive = true;

        // Either the thread that posts sees the flag, or its item is executed here.
        Interlocked.MemoryBarrier();
        Request();
    }

    /// <summary>Something was posted. Any thread.</summary>
    public void Request() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    void IThreadPoolWorkItem.Execute()
    {
        lock (_turn)
        {
            poller.Bind();
            try
            {
                executeAll();
            }
            finally
            {
                CompletionPoller.Unbind();
            }
        }
    }
}
