using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// The way of work that is known to compute through the thread pool: no more of it at a time than there are processors. The pool, to
/// which a thread that computes looks like one that waits, starts more, and each then gets as much of the processors as a poller. What
/// is seen to wait after all has its place no longer. Any thread.
/// </summary>
/// <param name="width">How many places there are.</param>
/// <param name="observeCurrentThread">Tells of the calling thread what the system shows of it; null where it shows nothing.</param>
internal sealed class ComputingLane(int width, Func<ThreadActivity?> observeCurrentThread)
{
    private readonly Lock _lock = new();
    private readonly Queue<ComputingWork> _waiting = new();
    private readonly List<ComputingWork> _placed = [];
    private bool _isReleased;

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

    public ThreadActivity? ObserveCurrentThread() => observeCurrentThread();

    /// <summary>True when it has to wait, and so somebody has to <see cref="LookAfter"/> it.</summary>
    public bool Add(ComputingWork work)
    {
        lock (_lock)
        {
            if (!_isReleased)
            {
                if (_placed.Count == width)
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
    public void LookAfter()
    {
        ComputingWork[] placed;
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
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
            if (!_placed.Remove(work) || !_waiting.TryDequeue(out next))
            {
                return;
            }

            _placed.Add(next);
        }

        Start(next);
    }

    private static void Start(ComputingWork work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}
