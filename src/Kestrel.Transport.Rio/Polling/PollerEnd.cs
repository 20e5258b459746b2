using System.Collections.Concurrent;
using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// The end of a poller before its time: its completion queue is lost, or an exception of the transport itself came up on its thread.
/// The members are for the poller's thread, unless they say otherwise.
/// </summary>
internal sealed class PollerEnd(CompletionPoller poller, CompletionQueue completionQueue, ILogger logger)
{
    /// <summary>Targets have this long to end by themselves. Only those that the exception broke take longer.</summary>
    public static readonly TimeSpan TimeToEnd = TimeSpan.FromSeconds(2);

    // The garbage collector would free blocks beyond the pool's limit, which only a poller keeps reachable while the kernel has them.
    private static readonly ConcurrentBag<CompletionPoller> s_leaked = [];

    private volatile Exception? _cause;
    private volatile bool _hasQueueFailed;
    private long _diedAt;
    private bool _isAbandoned;

    /// <summary>The exception; null while the poller lives. Any thread.</summary>
    public Exception? Cause => _cause;

    /// <summary>Whether the completion queue is lost. Any thread.</summary>
    public bool HasQueueFailed => _hasQueueFailed;

    /// <summary>How long it is until <see cref="Abandon"/>; null where nothing is to be abandoned.</summary>
    public TimeSpan? TimeToAbandon
        => _cause is null || _isAbandoned || poller.Targets.Count == 0 ? null : TimeToEnd - Stopwatch.GetElapsedTime(_diedAt);

    /// <summary>Keeps the poller, and all memory that its targets hold, reachable permanently.</summary>
    public static void Leak(CompletionPoller poller) => s_leaked.Add(poller);

    /// <summary>
    /// Ends everything on the poller, since the exception may have left anything undone: sockets are closed, endpoints accept elsewhere.
    /// Later exceptions are consequences.
    /// </summary>
    public void Die(Exception cause)
    {
        if (_cause is not null)
        {
            RioLog.DeadPollerFailed(logger, cause, poller.Index);
            return;
        }

        _diedAt = Stopwatch.GetTimestamp();
        _cause = cause;
        RioLog.PollerDied(logger, cause, poller.Index);
        poller.Targets.NotifyAll(target => target.OnPollerDied(cause));
    }

    /// <summary>Notifies the targets that have not ended that nothing more will come.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        poller.Targets.NotifyAll(static target => target.OnPollerAbandoned());
    }

    /// <summary>Ends all connections when the completion queue is lost.</summary>
    public void CheckQueue()
    {
        if (!_hasQueueFailed && completionQueue.Failure is { } reason)
        {
            OnQueueFailed(reason);
        }
    }

    /// <summary>
    /// The remaining completions find their connections ended. Memory that the kernel was given for their requests must not be used again.
    /// Apart from the check that each pass makes, since this allocates.
    /// </summary>
    private void OnQueueFailed(string reason)
    {
        _hasQueueFailed = true;
        poller.Bulk?.OnQueueLost();
        var lost = completionQueue.LostBuffers;
        RioLog.CompletionQueueFailed(logger, poller.Index, reason, poller.Connections, lost.Count);
        foreach (var buffer in lost)
        {
            poller.MemoryPool.Abandon(buffer.Address);
        }

        poller.Targets.NotifyAll(target => target.OnCompletionQueueFailed(reason));
    }
}
