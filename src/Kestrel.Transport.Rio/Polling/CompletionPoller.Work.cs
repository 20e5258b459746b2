using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>How application work runs on a poller.</summary>
internal sealed partial class CompletionPoller
{
    // How much application work runs before completions are looked at again, so that work which begets work (a handler
    // that always has more to write) holds up nobody for ever.
    private const int MaxWorkPerPass = 1024;

    // What application code on the poller's thread may send at once in a pass; one connection may have half of it. A download of as much takes 0.3 ms in all.
    private const int MaxBulkPerPass = 1024 * 1024;

    private readonly WorkQueue _work = new();
    private int _bulkInPass;
    private long _inlineCalls;

    /// <summary>A word that grows with each call of application code and each return from one: odd during a call. Any thread.</summary>
    public long CallWord => Leadership?.Role.Word ?? Volatile.Read(ref _inlineCalls);

    /// <summary>Application code that runs here may send bulk data itself in this pass. The poller's thread only.</summary>
    public bool HasTimeForBulk => _bulkInPass < MaxBulkPerPass;

    /// <summary>Bulk data were sent by who wrote them. Any thread; it counts on the poller's.</summary>
    public void CountBulk(int bytes)
    {
        if (IsOnOwnThread)
        {
            _bulkInPass += bytes;
        }
    }

    /// <summary>The current thread has become the leader. It is inside.</summary>
    public void BeginLeading()
    {
        if (Leadership?.TakeStandstill() is { } standstill)
        {
            Figures.OnStandstill?.Invoke(standstill);

            // What has completed meanwhile has waited longest; and so whoever posts requests is who dequeued last.
            DispatchCompletions();
            _hasWaited = false;

            // What the pass that was broken off owed: with it wait the answers of the work that ran in it, and the next may be
            // broken off as well.
            ExecuteMailbox();
            Deliver();
            _completionQueue.Submit();
        }
    }

    /// <summary>
    /// To be called about once a second, by any thread. Only the first who posts to a poller that sleeps wakes it: if that wake-up
    /// is lost, or waits for a worker of the thread pool, nobody who posts later makes up for it.
    /// </summary>
    public void WakeForMailbox()
    {
        if (!_mailbox.IsEmpty)
        {
            _completionQueue.Wake();
        }
    }

    /// <summary>To be called about once a second, by any thread: application work may have been on the thread pool for long enough.</summary>
    public void ReconsiderPool()
    {
        if (Leadership is { } leadership && leadership.Fallback.MayEnd(Environment.TickCount64))
        {
            Post(_leavePool);
        }
    }

    /// <summary>False when another thread has taken the poller over.</summary>
    private bool RunWork()
    {
        if (!HasLocalWork || !MemoryPool.IsScarce)
        {
            return RunAllWork();
        }

        // Application code may keep the thread for ever, and nobody else gets at its cache.
        var cache = MemoryPool.SetCacheAside();
        try
        {
            return RunAllWork();
        }
        finally
        {
            RegisteredMemoryPool.TakeCacheUp(cache);
        }
    }

    private bool RunAllWork()
    {
        if (Leadership is not null)
        {
            return RunWork(Leadership);
        }

        for (var left = MaxWorkPerPass; left > 0 && HasLocalWork; left--)
        {
            if (_work.Count > 0)
            {
                Volatile.Write(ref _inlineCalls, _inlineCalls + 1);
                _work.Dequeue().Run();
                Volatile.Write(ref _inlineCalls, _inlineCalls + 1);
                ThreadLeftovers.Clear();
            }
            else
            {
                ExecuteLocal();
            }
        }

        ExecuteLocal();
        return true;
    }

    private bool RunWork(Leadership leadership)
    {
        if (_work.Count == 0)
        {
            ExecuteLocal();
            return true;
        }

        leadership.BeginCalls();
        var left = MaxWorkPerPass;
        while (left > 0 && !leadership.IsTimeUp(MaxWorkPerPass - left))
        {
            if (_work.Count == 0)
            {
                // What application code has posted: to the mailbox, since it was outside. It may be work again.
                ExecuteMailbox();
                if (_work.Count == 0)
                {
                    return true;
                }
            }

            left--;
            var work = _work.Dequeue();
            if (work.Source is not { } source)
            {
                // The transport's own: it does not block.
                work.Run();
            }
            else if (source.IsOnPool() || leadership.Fallback.Takes(source.IsQuick))
            {
                RunElsewhere(leadership, source, work);
            }
            else if (!TryCall(leadership, work))
            {
                return false;
            }
        }

        ExecuteMailbox();
        return true;
    }

    private void RunElsewhere(Leadership leadership, AdaptiveScheduler source, in ReadyWork work)
    {
        var slowWork = source.SlowWork;
        if (slowWork == SlowWork.Waits && leadership.TryRunAside(work))
        {
            Figures.CountWorkAside();
            return;
        }

        Figures.CountPooledWork();
        if (slowWork != SlowWork.Computes || !leadership.TryRunInLane(work))
        {
            ThreadPoolBatches.Add(TimedWork.Run, leadership.Time(work));
        }
    }

    /// <summary>False when another thread has taken the poller over in the meantime.</summary>
    private bool TryCall(Leadership leadership, in ReadyWork work)
    {
        Exception? error = null;
        t_current = null;
        var looks = leadership.Looks;
        var mark = leadership.Leave(work.Source!);
        try
        {
            leadership.OnLeft();
            work.Run();
            ThreadLeftovers.Clear();
        }
        catch (Exception e)
        {
            // Of ours, since work keeps its own. Whoever leads from here on has to know, and only the role tells who that is.
            error = e;
        }

        if (!leadership.Role.TryTake(mark))
        {
            work.Source!.OnReturned(leadership.Looks - looks);
            if (error is not null)
            {
                PostDeath(error);
            }

            return false;
        }

        t_current = this;
        work.Source!.OnRanInline();
        if (error is not null)
        {
            Die(error);
        }

        return true;
    }

    /// <summary>Apart from the call, which would make the closure for each piece of work.</summary>
    private void PostDeath(Exception error) => Post(new PollerAction(() => Die(error)));

    private void LeavePool()
    {
        var now = Environment.TickCount64;
        if (Leadership!.Fallback.MayEnd(now))
        {
            Leadership.Fallback.End(now);
            RioLog.LeftPool(_logger, Index);
        }
    }
}
