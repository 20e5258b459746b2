using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// The threads that lead pollers, run what waits, or stand by. They are the same for all pollers of a host; how many each may have
/// is its own affair.
/// </summary>
/// <param name="mayEndThreads">Whether threads that are not needed may end before the last of them.</param>
/// <param name="observeCurrentThread">Tells of the calling thread what the system shows of it; null where it shows nothing.</param>
/// <param name="startThread">Starts a thread; null for the system's way.</param>
/// <param name="readClock">The time in milliseconds; null for the system's.</param>
internal sealed class PollerThreadPool(
    bool mayEndThreads, Func<ThreadActivity?>? observeCurrentThread = null, Action<Thread>? startThread = null, Func<long>? readClock = null) : IThreadSource
{
    // Leaders that need replacing ask every millisecond, and an attempt in vain costs as much as a thread.
    private const long RetryMilliseconds = 100;

    /// <summary>How long a thread stands by before it is dismissed, unless it is the last.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly Action<Thread> _startThread = startThread ?? (static thread => thread.UnsafeStart());
    private readonly Func<long> _readClock = readClock ?? (static () => Environment.TickCount64);
    private readonly Lock _lock = new();

    // The last to come is the first to go, so that those which are too many get old.
    private readonly List<PooledPollerThread> _standingBy = [];
    private readonly TaskCompletionSource _allBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _threads;
    private int _made;
    private long _refusedAt = long.MinValue / 2;
    private bool _isStopping;

    /// <inheritdoc/>
    public bool TryAssign(IThreadAssignment assignment)
    {
        if (TryTake() is not { } thread)
        {
            return false;
        }

        thread.Assign(assignment);
        return true;
    }

    /// <summary>All threads there are. Any thread.</summary>
    public int Threads => Volatile.Read(ref _threads);

    /// <summary>What the system shows of the calling thread, which disposes it when it ends.</summary>
    public ThreadActivity? ObserveCurrentThread() => observeCurrentThread?.Invoke();

    /// <summary>Makes a thread that stands by, so that whoever needs one next need not wait for it. Any thread.</summary>
    public void AddStandBy()
    {
        if (TryMake() is { } thread && !TakeBack(thread))
        {
            thread.End();
        }
    }

    /// <summary>A thread that stands by and is not the last that does; null when there is none. Any thread.</summary>
    public PooledPollerThread? TryTakeSpare()
    {
        lock (_lock)
        {
            return _standingBy.Count > 1 ? TakeStandBy() : null;
        }
    }

    /// <summary>A thread that stands by, or a new one; null when the machine gives none. Any thread.</summary>
    public PooledPollerThread? TryTake()
    {
        lock (_lock)
        {
            if (_standingBy.Count > 0)
            {
                return TakeStandBy();
            }
        }

        return TryMake();
    }

    /// <summary>The thread stands by from here on; false when the crew stops and it must end. Any thread.</summary>
    public bool TakeBack(PooledPollerThread thread)
    {
        lock (_lock)
        {
            if (!_isStopping)
            {
                _standingBy.Add(thread);
                return true;
            }

            LeaveOne();
            return false;
        }
    }

    /// <summary>Called by a thread that has waited for long. True when it is to end.</summary>
    public bool TryDismiss(PooledPollerThread thread)
    {
        lock (_lock)
        {
            // Where the kernel cancels what a thread has posted when it ends, threads do not before the last completion.
            if (!mayEndThreads || _standingBy.Count <= 1 || !_standingBy.Remove(thread))
            {
                return false;
            }

            LeaveOne();
            return true;
        }
    }

    /// <summary>
    /// Ends the threads, those that are kept by application code when they come back. False when some have not in time.
    /// </summary>
    public async Task<bool> StopAsync(TimeSpan timeout)
    {
        lock (_lock)
        {
            _isStopping = true;
            foreach (var thread in _standingBy)
            {
                thread.End();
                LeaveOne();
            }

            _standingBy.Clear();
            if (_threads == 0)
            {
                _allBack.TrySetResult();
            }
        }

        return await _allBack.Task.CompletesWithinAsync(timeout);
    }

    private PooledPollerThread TakeStandBy()
    {
        var thread = _standingBy[^1];
        _standingBy.RemoveAt(_standingBy.Count - 1);
        return thread;
    }

    /// <summary>Null when the machine gives no thread, or gave none a moment ago.</summary>
    private PooledPollerThread? TryMake()
    {
        int number;
        lock (_lock)
        {
            if (_readClock() - _refusedAt < RetryMilliseconds)
            {
                return null;
            }

            _threads++;
            number = ++_made;
        }

        try
        {
            var thread = new PooledPollerThread(this, number);
            thread.Start(_startThread);
            return thread;
        }
        catch (OutOfMemoryException)
        {
            // So says Thread.Start where there may be no more threads. Those that are kept will come back.
            lock (_lock)
            {
                _refusedAt = _readClock();
                LeaveOne();
            }

            return null;
        }
    }

    private void LeaveOne()
    {
        if (--_threads == 0 && _isStopping)
        {
            _allBack.TrySetResult();
        }
    }
}
