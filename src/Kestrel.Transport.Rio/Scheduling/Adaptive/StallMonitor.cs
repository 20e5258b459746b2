using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// Samples after the leaders of all pollers: who has been in one piece of application code for too long is replaced. And after the
/// lane, of which all pollers have the same. One thread, asleep while no poller calls application code and nothing waits in the lane.
/// </summary>
internal sealed class StallMonitor : IDisposable
{
    // The runtime's waits know nothing shorter, and looks cost too much to have more of them.
    private static readonly TimeSpan s_shortestPeriod = TimeSpan.FromMilliseconds(1);

    // Waking the watch costs a poller a system call, so it stays awake for a while after the last call.
    private static readonly TimeSpan s_quietTime = TimeSpan.FromMilliseconds(200);

    // A look takes a processor for 20 to 90 us, as the kernel counts them, and its caches with it; one connection on the processors of its
    // client has waited 13 % longer for its answers with one every 4 ms. So the longer nobody was replaced the fewer they are: for who is
    // slow again about as long after as before, the poller has waited by less than a hundredth of the time longer.
    private const int SamplesPerTimeSinceReplacement = 128;

    // A lone connection on the processors of its client waits 2.5 % longer with a look every 15 ms, and 0 to 2 % with this. On Windows it
    // is two ticks, of 15.6 ms.
    private static readonly TimeSpan s_longestWhileCalm = TimeSpan.FromMilliseconds(30);

    // A look that comes so much too late was held up by what held up the leaders too: a debugger, a suspended machine.
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(50);

    // A pause of the whole process is not the fault of the application code that was paused in; but where collections never
    // end, neither do the excuses.
    private const int MaxExcuses = 3;

    private static readonly TimeSpan s_warningInterval = TimeSpan.FromMinutes(1);

    // After a failure of its own. It must not repeat at the rate of the looks.
    private static readonly TimeSpan s_restAfterFailure = TimeSpan.FromSeconds(1);

    private readonly PollerThreadPool _threads;
    private readonly TimeSpan _threshold;
    private readonly TimeSpan _period;

    // What has gone on for so long may be slow; and to have computed for so long is enough, which is measured from a look on.
    private readonly TimeSpan _halfThreshold;
    private readonly ComputingLane _lane;
    private readonly Func<TimeSpan> _readPauses;
    private readonly ILogger _logger;
    private readonly Alarm _alarm;
    private readonly List<MonitoredPoller> _pollers = [];
    private readonly Thread _thread;
    private long _lastSample;
    private long _lastCall;
    private long? _lastReplacement;
    private long? _lastWarning;
    private int _samples;
    private int _isAsleep;
    private int _wantsStandBy;
    private volatile bool _isStopping;

    /// <param name="threads">Whose threads replace leaders.</param>
    /// <param name="threshold">How long application code may keep a poller.</param>
    /// <param name="logger">Told of each replacement.</param>
    /// <param name="alarm">What it sleeps on.</param>
    /// <param name="processors">How much that computes may run at a time; null for as much as the machine has processors.</param>
    /// <param name="readPauses">For how long the process has been paused in all; null for what the garbage collector tells.</param>
    public StallMonitor(
        PollerThreadPool threads,
        TimeSpan threshold,
        ILogger logger,
        Alarm alarm,
        int? processors = null,
        Func<TimeSpan>? readPauses = null)
    {
        _threads = threads;
        _lane = new ComputingLane(processors ?? Environment.ProcessorCount, threads);
        _threshold = threshold;
        _halfThreshold = threshold / 2;
        _period = _halfThreshold < s_shortestPeriod ? s_shortestPeriod : _halfThreshold;
        TimeToNextSample = _period;
        _readPauses = readPauses ?? GC.GetTotalPauseDuration;
        _logger = logger;
        _alarm = alarm;
        _thread = new Thread(Run) { Name = "Rio stall monitor", IsBackground = true };
    }

    /// <summary>How long application code may keep a poller.</summary>
    public TimeSpan Threshold => _threshold;

    /// <summary>How often it has looked. Any thread.</summary>
    public int Samples => Volatile.Read(ref _samples);

    /// <summary>
    /// How long after the last look the next one comes: the less often the longer nobody was replaced. The watch's thread only.
    /// </summary>
    public TimeSpan TimeToNextSample { get; private set; }

    /// <summary>How much that is known to compute waits for a processor. Any thread.</summary>
    public int WaitingWork => _lane.Waiting;

    /// <summary>Before the start.</summary>
    public void Add(PollerThread poller) => _pollers.Add(new MonitoredPoller(poller));

    /// <param name="startThread">Starts a thread; null for the system's way.</param>
    /// <exception cref="OutOfMemoryException">The machine gives no thread.</exception>
    public void Start(Action<Thread>? startThread = null)
        => (startThread ?? (static thread => thread.UnsafeStart()))(_thread);

    /// <summary>A leader has marked itself. A plain read of what hardly ever changes, unless the watch sleeps.</summary>
    public void OnCall() => WakeUp();

    /// <summary>A leader needs a thread that stands by, and shall not make one itself.</summary>
    public void WantStandBy()
    {
        if (Interlocked.Exchange(ref _wantsStandBy, 1) == 0)
        {
            _alarm.Set();
        }
    }

    /// <summary>Has application work run that is known to compute: at once, or as soon as a processor is left for it. Any thread.</summary>
    public void Compute(TimedWork work, PollerOverload overload)
    {
        if (_lane.Add(new ComputingWork(work, _lane, overload)))
        {
            WakeUp();
        }
    }

    /// <summary>Nobody waits for a processor any more: what computes is the thread pool's.</summary>
    public void ReleaseComputing() => _lane.Release();

    /// <summary>Ends the watch. When it returns, no leader will be replaced any more. After <see cref="ReleaseComputing"/>.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _alarm.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        // The alarm is left to the collector: a leader that was replaced between its mark and its call may have been without a
        // processor until now, and rouses who is no longer there.
    }

    /// <summary>
    /// Replaces the leaders that have been in the same application code for the threshold or longer, and frees the places of what waits
    /// in the lane. The watch's thread only.
    /// </summary>
    /// <param name="now">The time, as <see cref="Stopwatch.GetTimestamp"/> tells it.</param>
    public void Sample(long now)
    {
        var isLate = _samples > 0 && Stopwatch.GetElapsedTime(_lastSample, now) > TimeToNextSample + s_late;
        _lastSample = now;
        Volatile.Write(ref _samples, _samples + 1);
        _lane.LookAfter(now);
        var pauses = _readPauses();
        var isAnySlow = false;
        foreach (var watched in _pollers)
        {
            if (watched.See(now, pauses))
            {
                _lastCall = now;

                // It may be one call, and the next look tells. That is to come soon: a handler that blocks for 5 ms is over by the next calm one.
                isAnySlow |= watched.TimeInCalls(now) >= _halfThreshold;
            }
            else if (LeaderRole.IsMark(watched.Mark))
            {
                _lastCall = now;
                isAnySlow = true;
                if ((isLate || watched.Pauses != pauses) && watched.Excuses < MaxExcuses)
                {
                    watched.Excuse(now, pauses);
                }
                else if (Stopwatch.GetElapsedTime(watched.Since, now) >= _threshold && !watched.LacksProcessor(_halfThreshold))
                {
                    Replace(watched, now);
                    _lastReplacement = now;
                }
            }
        }

        TimeToNextSample = isAnySlow ? _period : PeriodWhileNobodyIsSlow(now);
        if (_lane.Waiting > 0)
        {
            TimeToNextSample = _period < ComputingLane.LongestWait ? _period : ComputingLane.LongestWait;
        }
    }

    /// <summary>True when nothing has been called for a while, and who calls from now on rouses the watch.</summary>
    public bool TryFallAsleep(long now)
    {
        if (Stopwatch.GetElapsedTime(_lastCall, now) < s_quietTime || _lane.Waiting > 0)
        {
            return false;
        }

        Interlocked.Exchange(ref _isAsleep, 1);

        // Leaders mark themselves without a fence, and then look whether the watch sleeps. After this, for each of them either
        // the mark is seen below, or the look sees the watch asleep.
        Interlocked.MemoryBarrierProcessWide();
        if (_lane.Waiting == 0 && _pollers.TrueForAll(static watched => watched.IsQuiet))
        {
            return true;
        }

        Interlocked.Exchange(ref _isAsleep, 0);
        return false;
    }

    private TimeSpan PeriodWhileNobodyIsSlow(long now)
    {
        var period = _lastReplacement is { } last ? Stopwatch.GetElapsedTime(last, now) / SamplesPerTimeSinceReplacement : s_longestWhileCalm;
        if (period > s_longestWhileCalm)
        {
            period = s_longestWhileCalm;
        }

        return period > _period ? period : _period;
    }

    private void Run()
    {
        while (!_isStopping)
        {
            try
            {
                RunOnce();
            }
            catch (Exception e)
            {
                // Nothing else would replace leaders, and unhandled it would end the process.
                RioLog.WatchFailed(_logger, e);
                _alarm.Wait(s_restAfterFailure);
            }
        }
    }

    private void RunOnce()
    {
        _alarm.Wait(TimeToNextSample);
        MakeWanted();
        var now = Stopwatch.GetTimestamp();
        Sample(now);
        if (!_isStopping && TryFallAsleep(now))
        {
            _alarm.Wait();
            MakeWanted();

            // What it slept through is no reason for an excuse.
            _lastCall = _lastSample = Stopwatch.GetTimestamp();
        }
    }

    private void WakeUp()
    {
        if (Volatile.Read(ref _isAsleep) != 0 && Interlocked.Exchange(ref _isAsleep, 0) != 0)
        {
            _alarm.Set();
        }
    }

    private void MakeWanted()
    {
        if (Interlocked.Exchange(ref _wantsStandBy, 0) != 0 && !_isStopping)
        {
            _threads.AddStandBy();
        }
    }

    private void Replace(MonitoredPoller watched, long now)
    {
        // A thread first: nobody would lead while one is looked for.
        if (_threads.TryTake() is not { } thread)
        {
            return;
        }

        // Before the role is taken: a leader that comes back then stands by, and waits for that.
        var waits = watched.Runner.Leader is { IsRunnable: false };
        if (!watched.Runner.Role.TryTake(watched.Mark))
        {
            // It has come back in the meantime.
            _threads.TakeBack(thread);
            return;
        }

        var poller = watched.Thread.Poller;
        string connectionId;
        bool isOverloaded;
        try
        {
            (connectionId, isOverloaded) = watched.Runner.OnReplaced(watched.Since, waits);
            poller.Figures.CountHandOver();
        }
        finally
        {
            // Whatever happens, or nobody leads the poller any more.
            thread.Assign(watched.Thread);
        }

        RioLog.HandedOver(_logger, poller.Index, connectionId, _threshold.TotalMilliseconds);
        if (isOverloaded)
        {
            Warn(poller.Index, now);
        }
    }

    private void Warn(int poller, long now)
    {
        if (_lastWarning is { } last && Stopwatch.GetElapsedTime(last, now) < s_warningInterval)
        {
            RioLog.FellBackToPool(_logger, LogLevel.Debug, poller);
            return;
        }

        _lastWarning = now;
        RioLog.FellBackToPool(_logger, LogLevel.Warning, poller);
    }
}
