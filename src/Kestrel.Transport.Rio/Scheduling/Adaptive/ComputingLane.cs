using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// The way of work that is known to compute through the thread pool: no more of it at a time than there are processors. The pool, to
/// which a thread that computes looks like one that waits, starts more, and each then gets as much of the processors as a poller. What
/// is seen to wait after all has its place no longer. Nothing waits without bound: while none starts, the oldest gets a place more every
/// <see cref="LongestWait"/>. Any thread.
/// </summary>
/// <param name="width">How many places there are.</param>
/// <param name="threads">Whose threads run what is overdue.</param>
internal sealed class ComputingLane(int width, PollerThreadPool threads)
{
    /// <summary>How long work waits at most for each piece ahead of it, whatever those do that have places.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Queue<ComputingWork> _waiting = new();
    private readonly List<ComputingWork> _placed = [];
    private bool _isReleased;

    // Since when work waits and none has started, as far as was looked; null while none waits.
    private long? _stuckSince;

    /// <summary>So many pieces wait for a place, and somebody has to <see cref="LookAfter"/> them.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    public ThreadActivity? ObserveCurrentThread() => threads.ObserveCurrentThread();

    /// <summary>True when it has to wait, and so somebody has to <see cref="LookAfter"/> it.</summary>
    public bool Add(ComputingWork work)
    {
        lock (_lock)
        {
            if (!_isReleased)
            {
                if (_placed.Count >= width)
                {
                    _waiting.Enqueue(work);
                    return true;
                }

                _placed.Add(work);
            }
        }

        Start(work);
        return false;
    }

    /// <summary>To be called now and then while work is waiting, by one thread at a time.</summary>
    /// <param name="now">The time, as <see cref="Stopwatch.GetTimestamp"/> tells it.</param>
    public void LookAfter(long now)
    {
        ComputingWork[] placed;
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _stuckSince = null;
                return;
            }

            placed = [.. _placed];
        }

        foreach (var work in placed)
        {
            if (work.HasStalled())
            {
                FreePlaceOf(work);
            }
        }

        StartOverdue(now);
    }

    /// <summary>From here on nobody looks after it, so all of it goes to the thread pool at once.</summary>
    public void Release()
    {
        List<ComputingWork> released;
        lock (_lock)
        {
            _isReleased = true;
            released = [.. _waiting];
            _waiting.Clear();
        }

        released.ForEach(Start);
    }

    /// <summary>The work needs its place no longer, if it has one still: the next may have it.</summary>
    public void FreePlaceOf(ComputingWork work)
    {
        ComputingWork? next;
        lock (_lock)
        {
            if (!_placed.Remove(work) || _placed.Count >= width || !_waiting.TryDequeue(out next))
            {
                return;
            }

            _placed.Add(next);
            _stuckSince = null;
        }

        Start(next);
    }

    private void StartOverdue(long now)
    {
        ComputingWork? oldest;
        lock (_lock)
        {
            _stuckSince ??= now;
            if (Stopwatch.GetElapsedTime(_stuckSince.Value, now) < LongestWait || !_waiting.TryDequeue(out oldest))
            {
                return;
            }

            _placed.Add(oldest);
            _stuckSince = now;
        }

        StartBeside(oldest);
    }

    /// <summary>Not on the thread pool where that can be helped: while its threads compute, another one takes it a second.</summary>
    private void StartBeside(ComputingWork work)
    {
        if (work.TryReserveThread())
        {
            if (threads.TryTake() is { } thread)
            {
                thread.Assign(work);
                return;
            }

            work.OnThreadBack();
        }

        Start(work);
    }

    private static void Start(ComputingWork work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}
