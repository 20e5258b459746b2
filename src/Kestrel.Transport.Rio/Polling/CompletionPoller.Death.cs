using System.Collections.Concurrent;
using System.Diagnostics;
using Kestrel.Transport.Rio.Diagnostics;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>How a poller ends before its time: its completion queue is lost, or an exception of ours has come up on its thread.</summary>
internal sealed partial class CompletionPoller
{
    /// <summary>
    /// What a dead poller had is told to end, and only what the exception has broken takes so long.
    /// </summary>
    public static readonly TimeSpan GiveUpTime = TimeSpan.FromSeconds(2);

    // Blocks past the pool's limit are the garbage collector's, and nothing but a poller leads to those that the kernel has.
    private static readonly ConcurrentBag<CompletionPoller> s_keptForGood = [];

    private readonly List<CompletionTarget> _kept = [];
    private readonly Lock _threadPoolTurn = new();
    private volatile Exception? _causeOfDeath;
    private volatile bool _isLeftToThreadPool;
    private volatile bool _hasFailed;
    private long _diedAt;
    private bool _hasGivenUp;

    /// <summary>
    /// The exception of ours for which nothing new is begun on this poller; null as long as it lives. Its thread goes on with
    /// what is outstanding. Any thread.
    /// </summary>
    public Exception? CauseOfDeath => _causeOfDeath;

    public bool IsDead => _causeOfDeath is not null;

    /// <summary>Of no use to a new connection. Any thread.</summary>
    public bool IsLost => IsDead || _hasFailed;

    /// <summary>How long it is until <see cref="GiveUp"/>; null where nothing is to be given up. The poller's thread only.</summary>
    public TimeSpan? TimeToGiveUp
        => IsDead && !_hasGivenUp && _targets.Count > 0 ? GiveUpTime - Stopwatch.GetElapsedTime(_diedAt) : null;

    /// <summary>
    /// Nobody knows what the exception has left undone, so everything here is told to end: sockets are closed, endpoints
    /// accept elsewhere. What else goes wrong meanwhile is a consequence. The poller's thread only.
    /// </summary>
    public void Die(Exception cause)
    {
        if (IsDead)
        {
            RioLog.DeadPollerFailed(_logger, cause, Index);
            return;
        }

        _diedAt = Stopwatch.GetTimestamp();
        _causeOfDeath = cause;
        RioLog.PollerDied(_logger, cause, Index);
        TellAll(target => target.OnPollerDied(cause));
    }

    /// <summary>Whoever waits for what has not ended by now is told so. The poller's thread only.</summary>
    public void GiveUp()
    {
        _hasGivenUp = true;
        TellAll(static target => target.OnPollerGivenUp());
    }

    /// <summary>
    /// Takes a target out though the kernel may still use its memory, which stays as long as the poller: until it has drained, or for
    /// good. The poller's thread only.
    /// </summary>
    public void UnregisterGivenUp(ulong key, CompletionTarget target)
    {
        _targets.Remove(key);
        _kept.Add(target);
    }

    /// <summary>
    /// Nobody waits any longer for what the kernel has: the poller is never collected, and with it all memory that its targets hold.
    /// </summary>
    public void KeepForGood() => s_keptForGood.Add(this);

    /// <summary>
    /// The thread is at its end. What is still posted, and what was not handed over, the thread pool executes, so that nobody waits in
    /// vain. The poller's thread only, and the last it does here.
    /// </summary>
    /// <remarks>
    /// After a drain that was given up the completion queue is still there, and what an item hands to it nobody submits: its
    /// connections are told, and their memory stays.
    /// </remarks>
    public void LeaveToThreadPool()
    {
        _isLeftToThreadPool = true;

        // Either whoever posts sees the flag, or what was posted is seen below.
        Interlocked.MemoryBarrier();
        RequestThreadPool();
    }

    private void RequestThreadPool()
        => ThreadPool.UnsafeQueueUserWorkItem(static poller => poller.ExecuteOnThreadPool(), this, preferLocal: false);

    private void ExecuteOnThreadPool()
    {
        lock (_threadPoolTurn)
        {
            Bind();
            try
            {
                ExecuteMailbox();
                ExecuteLater(mayMoreCome: false);
                ExecuteLocal();
                while (_work.Count > 0)
                {
                    var work = _work.Dequeue();
                    ThreadPoolBatches.Add(work.Action, work.State);
                }

                ThreadPoolBatches.HandOver();
            }
            finally
            {
                Unbind();
            }
        }
    }

    /// <summary>
    /// When the completion queue is lost the connections end here, and the completions that follow find them ended. The memory
    /// that the kernel was given for their requests must not get into other hands.
    /// </summary>
    private void CheckForFailure()
    {
        if (!_hasFailed && _completionQueue.Failure is { } reason)
        {
            EndAll(reason);
        }
    }

    /// <summary>Apart from the question that every pass asks twice, since it makes an object for its reason.</summary>
    private void EndAll(string reason)
    {
        _hasFailed = true;
        Bulk?.OnQueueLost();
        var lost = _completionQueue.LostBuffers;
        RioLog.CompletionQueueFailed(_logger, Index, reason, Connections, lost.Count);
        foreach (var buffer in lost)
        {
            MemoryPool.Abandon(buffer.Address);
        }

        TellAll(target => target.OnCompletionQueueFailed(reason));
    }

    private void TellAll(Action<CompletionTarget> tell)
    {
        foreach (var target in _targets.ToArray())
        {
            try
            {
                tell(target);
            }
            catch (Exception e)
            {
                Die(e);
            }
        }
    }
}
