using System.Runtime.ExceptionServices;
using Kestrel.Transport.Rio.Diagnostics;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>How application work runs on a poller.</summary>
internal sealed partial class CompletionPoller
{
    // How much application work runs before completions are looked at again, so that work which begets work (a handler
    // that always has more to write) holds up nobody for ever.
    private const int MaxWorkPerPass = 1024;

    private readonly WorkQueue _work = new();

    /// <summary>The current thread has become the leader. It is inside.</summary>
    public void BeginLeading()
    {
        if (Leadership?.TakeStandstill() is { } standstill)
        {
            Figures.OnStandstill?.Invoke(standstill);

            // What has completed meanwhile has waited longest; and so whoever posts requests is who dequeued last.
            DispatchCompletions();
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
        if (Leadership is not null)
        {
            return RunWork(Leadership);
        }

        for (var left = MaxWorkPerPass; left > 0 && HasLocalWork; left--)
        {
            if (_work.Count > 0)
            {
                Run(_work.Dequeue());
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
        for (var left = MaxWorkPerPass; left > 0 && _work.Count > 0 && !leadership.IsTimeUp; left--)
        {
            var work = _work.Dequeue();
            if (work.Source is not { } source)
            {
                // The transport's own: it does not block.
                Run(work);
            }
            else if (leadership.Fallback.Takes(source.IsQuick) || source.IsOnPool())
            {
                Figures.CountPooledWork();
                ThreadPoolBatches.Add(TimedWork.Run, new TimedWork(work));
            }
            else if (!TryCall(leadership, work))
            {
                return false;
            }
        }

        // What application code has posted: to the mailbox, since it was outside.
        ExecuteMailbox();
        return true;
    }

    /// <summary>False when another thread has taken the poller over in the meantime.</summary>
    private bool TryCall(Leadership leadership, in ReadyWork work)
    {
        t_current = null;
        var looks = leadership.Looks;
        var mark = leadership.Leave(work.Source!);
        Run(work);
        ThreadLeftovers.Clear();
        if (!leadership.Role.TryTake(mark))
        {
            work.Source!.OnReturned(leadership.Looks - looks);
            return false;
        }

        t_current = this;
        work.Source!.OnRanInline();
        return true;
    }

    private static void Run(in ReadyWork work)
    {
        try
        {
            work.Action(work.State);
        }
        catch (Exception e)
        {
            // On the thread pool an exception that nobody catches ends the process. So it does here, but not by way of a
            // dead poller: the thread pool throws it.
            ThreadPool.UnsafeQueueUserWorkItem(static error => error.Throw(), ExceptionDispatchInfo.Capture(e), preferLocal: false);
        }
    }

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
