using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>The wait of a poller for completions, and the wake-up by a thread that posts.</summary>
internal sealed class PollerSleep(CompletionQueue completionQueue, Inbox inbox) : IThreadPoolWorkItem
{
    private int _isAsleep;

    /// <summary>Submits what is prepared and, when the mailbox is empty, waits for completions. The poller's thread only.</summary>
    /// <param name="maxWait">How long to wait.</param>
    /// <param name="hasWaited">Whether it called the wait, so that all that had arrived has completed.</param>
    /// <returns>Whether the thread slept.</returns>
    public bool Sleep(TimeSpan maxWait, out bool hasWaited)
    {
        // The poller raises its flag before it looks into the mailbox for the last time, and a thread that posts puts its item in before
        // it looks at the flag: one of the two sees the other.
        Interlocked.Exchange(ref _isAsleep, 1);
        hasWaited = inbox.IsMailboxEmpty;
        var hasSlept = false;
        if (hasWaited)
        {
            hasSlept = completionQueue.Wait(maxWait);
        }
        else
        {
            completionQueue.Submit();
        }

        Volatile.Write(ref _isAsleep, 0);
        return hasSlept;
    }

    /// <summary>Wakes the poller after a post. Only the thread that takes the flag down pays for the call. Any thread.</summary>
    public void WakeAfterPost()
    {
        if (Volatile.Read(ref _isAsleep) == 0 || Interlocked.Exchange(ref _isAsleep, 0) == 0)
        {
            return;
        }

        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            // Behind what this worker has begun: the other requests of its batch then find the poller still asleep, and
            // one wake-up serves them all. An idle worker takes it over immediately.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
        else
        {
            completionQueue.Wake();
        }
    }

    /// <summary>
    /// To be called about once a second, by any thread. Only the first post to a sleeping poller wakes it. If that wake-up is lost, or
    /// waits for a worker of the thread pool, later posts do not make up for it.
    /// </summary>
    public void WakeForMailbox()
    {
        if (!inbox.IsMailboxEmpty)
        {
            completionQueue.Wake();
        }
    }

    void IThreadPoolWorkItem.Execute() => completionQueue.Wake();
}
