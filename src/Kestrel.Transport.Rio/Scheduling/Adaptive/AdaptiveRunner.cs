using System.Diagnostics;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// Runs application work on the thread that runs the poller, which another thread replaces when the work holds it for too long.
/// </summary>
internal sealed class AdaptiveRunner : IWorkRunner
{
    /// <summary>How much of a pass application code may have before the poller looks at completions and sends answers. An item is not cut.</summary>
    public static readonly TimeSpan TimePerPass = TimeSpan.FromMilliseconds(2);

    // To read the clock takes 20 to 25 ns. Items that take long are seen by the samples of the monitor.
    private const int ItemsPerReadOfClock = 8;

    private readonly CompletionPoller _poller;
    private readonly StallMonitor _monitor;
    private readonly PollerThreadPool _threads;
    private readonly Func<ThreadTimes?> _readThreadTimes;
    private readonly ILogger _logger;
    private readonly BatchScheduler _batches;
    private readonly PollerAction _endOverload;
    private readonly WorkQueue _work = new();
    private AdaptiveScheduler? _called;
    private volatile ThreadActivity? _leader;
    private long _stalledSince;
    private long _callsBegan;
    private int _samplesSeen;

    /// <param name="poller">The poller.</param>
    /// <param name="monitor">Replaces leaders.</param>
    /// <param name="threads">The threads that lead.</param>
    /// <param name="maxThreads">How many threads application code may block at a time.</param>
    /// <param name="readThreadTimes">Reads what the calling thread has had of the machine; null where the system does not tell.</param>
    /// <param name="logger">The log.</param>
    public AdaptiveRunner(
        CompletionPoller poller, StallMonitor monitor, PollerThreadPool threads, int maxThreads, Func<ThreadTimes?> readThreadTimes, ILogger logger)
    {
        _poller = poller;
        _monitor = monitor;
        _threads = threads;
        _readThreadTimes = readThreadTimes;
        _logger = logger;
        _batches = new BatchScheduler(poller);
        _endOverload = new PollerAction(EndOverload);
        Overload = new PollerOverload(maxThreads);
    }

    public LeaderRole Role { get; } = new();

    public PollerOverload Overload { get; }

    /// <summary>What the system shows of the leader's thread; null where it shows nothing. Any thread.</summary>
    public ThreadActivity? Leader => _leader;

    /// <summary>How long application code may hold a poller.</summary>
    public TimeSpan Threshold => _monitor.Threshold;

    /// <summary>Since when application code has been called in this pass, or was in the last one. Any thread.</summary>
    public long CallsBegan => Volatile.Read(ref _callsBegan);

    public bool HasWork => _work.Count > 0;

    public long CallWord => Role.Word;

    public ApplicationScheduler CreateScheduler(string connectionId) => new AdaptiveScheduler(_poller, this, connectionId);

    public void Add(in ReadyWork work) => _work.Enqueue(work);

    public void OnLeading(ThreadActivity? activity) => _leader = activity;

    public TimeSpan? TakeStandstill()
    {
        if (_stalledSince == 0)
        {
            return null;
        }

        var standstill = Stopwatch.GetElapsedTime(_stalledSince);
        _stalledSince = 0;
        return standstill;
    }

    public bool Run()
    {
        if (_work.Count == 0)
        {
            _poller.Inbox.ExecuteLocal();
            return true;
        }

        Volatile.Write(ref _callsBegan, Stopwatch.GetTimestamp());
        for (var items = 0; items < InlineRunner.MaxWorkPerPass && !IsTimeUp(items); items++)
        {
            if (_work.Count == 0)
            {
                // What application code has posted: to the mailbox, since the thread was outside. It may be work again.
                _poller.Inbox.Execute();
                if (_work.Count == 0)
                {
                    return true;
                }
            }

            if (!TryRun(_work.Dequeue()))
            {
                return false;
            }
        }

        _poller.Inbox.Execute();
        return true;
    }

    public void Deliver() => _batches.Deliver();

    public void LeaveToThreadPool()
    {
        while (_work.Count > 0)
        {
            var work = _work.Dequeue();
            _batches.Add(work.Action, work.State);
        }

        _batches.Deliver();
    }

    public void OnThreadBack() => Overload.OnThreadBack();

    public void RunUpkeep()
    {
        if (Overload.MayEnd(Environment.TickCount64))
        {
            _poller.Post(_endOverload);
        }
    }

    /// <summary>
    /// The monitor has taken the role: notes which connection stalled the leader, and since when. Only inside.
    /// </summary>
    /// <param name="stalledSince">When the call was first seen.</param>
    /// <param name="waits">Whether it waits for something else than a processor.</param>
    /// <returns>The connection, and whether more work goes to the thread pool from here on.</returns>
    public (string ConnectionId, bool IsOverloaded) OnReplaced(long stalledSince, bool waits)
    {
        _stalledSince = stalledSince;
        var called = _called!;
        called.OnStalled(waits);
        return (called.ConnectionId, Overload.OnReplaced(Environment.TickCount64));
    }

    /// <summary>
    /// Times work that runs elsewhere. For a connection that was slow lately it is worth ten microseconds to find out whether it waits or
    /// computes.
    /// </summary>
    public TimedWork Time(in ReadyWork work)
    {
        var source = (AdaptiveScheduler)work.Source!;
        return new TimedWork(work, source, !source.IsQuick && source.IsOnPool() ? _readThreadTimes : null);
    }

    /// <summary>Whether application code has had its time, after so many items of this pass. The leader only.</summary>
    private bool IsTimeUp(int items)
    {
        var samples = _monitor.Samples;
        if (items == 0 || (items % ItemsPerReadOfClock != 0 && samples == _samplesSeen))
        {
            return false;
        }

        _samplesSeen = samples;
        return Stopwatch.GetElapsedTime(_callsBegan) >= TimePerPass;
    }

    /// <summary>False when another thread has taken the poller over in the meantime.</summary>
    private bool TryRun(in ReadyWork work)
    {
        if (work.Source is not AdaptiveScheduler source)
        {
            // The transport's own: it does not block.
            work.Run();
            return true;
        }

        if (source.IsOnPool() || Overload.Takes(source.IsQuick))
        {
            RunElsewhere(source, work);
            return true;
        }

        return TryCall(source, work);
    }

    /// <summary>
    /// Calls application code, with the leader outside until the call returns. A leader that was replaced meanwhile must touch nothing.
    /// </summary>
    private bool TryCall(AdaptiveScheduler source, in ReadyWork work)
    {
        Exception? error = null;
        var samples = _monitor.Samples;
        _called = source;
        CompletionPoller.Unbind();
        var mark = Role.Mark();
        try
        {
            _monitor.OnCall();
            work.Run();
            ThreadLeftovers.Clear();
        }
        catch (Exception e)
        {
            // The transport's own, since work keeps its exceptions. The thread that leads from here on must know, and only the role tells
            // which one that is.
            error = e;
        }

        if (!Role.TryTake(mark))
        {
            source.OnReturned(_monitor.Samples - samples);
            if (error is not null)
            {
                PostDeath(error);
            }

            return false;
        }

        _poller.Bind();
        source.OnRanInline();
        if (error is not null)
        {
            _poller.Die(error);
        }

        return true;
    }

    /// <summary>Apart from the call, which would make the closure for each work item.</summary>
    private void PostDeath(Exception error) => _poller.Post(new PollerAction(() => _poller.Die(error)));

    private void RunElsewhere(AdaptiveScheduler source, in ReadyWork work)
    {
        var slowWork = source.SlowWork;
        if (slowWork == SlowWork.Waits && TryRunAside(work))
        {
            _poller.Figures.CountWorkAside();
            return;
        }

        _poller.Figures.CountPooledWork();
        if (slowWork != SlowWork.Computes || !TryRunInLane(source, work))
        {
            _batches.Add(TimedWork.Run, Time(work));
        }
    }

    /// <summary>Runs work that is known to wait on a thread that leads nothing. False where there is none for it.</summary>
    private bool TryRunAside(in ReadyWork work)
    {
        if (!Overload.TryReserve())
        {
            return false;
        }

        // None is made here: that takes time, and no other thread could lead meanwhile. The last one is the monitor's.
        if (_threads.TryTakeSpare() is not { } thread)
        {
            Overload.OnAsideThreadBack();
            _monitor.WantStandBy();
            return false;
        }

        thread.Assign(new AsideWork(Time(work), Overload));
        return true;
    }

    /// <summary>
    /// Runs work that is known to compute on the thread pool, when a processor is left for it. False for work that must not wait: quick
    /// items, and an item for which the one before it may be waiting.
    /// </summary>
    private bool TryRunInLane(AdaptiveScheduler source, in ReadyWork work)
    {
        if (source.IsQuick || !source.TryEnterLane())
        {
            return false;
        }

        _monitor.Compute(Time(work), Overload);
        return true;
    }

    private void EndOverload()
    {
        var now = Environment.TickCount64;
        if (Overload.MayEnd(now))
        {
            Overload.End(now);
            RioLog.LeftPool(_logger, _poller.Index);
        }
    }
}
