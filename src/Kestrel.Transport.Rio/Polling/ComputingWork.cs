using System.Diagnostics;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Application work of which it is known that it computes: no more of it at a time on the thread pool than there are processors. The
/// pool, to which a thread that computes looks like one that waits, would start more of it, and each piece then gets as much of the
/// processors as a poller does. Any thread.
/// </summary>
/// <param name="width">How many pieces may run at a time.</param>
internal sealed class ComputingWork(int width)
{
    // Where nothing has ended for so long, some of it may wait after all, and one more is let go. So does the thread pool.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Queue<TimedWork> _waiting = new();
    private int _width = width;
    private int _running;
    private long _lastProgress;

    /// <summary>Somebody has to <see cref="LookAfter"/> it.</summary>
    public bool HasWaiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count > 0;
            }
        }
    }

    /// <summary>True when it has to wait, and so somebody has to <see cref="LookAfter"/> it.</summary>
    public bool Add(TimedWork piece)
    {
        lock (_lock)
        {
            if (_running >= _width)
            {
                _waiting.Enqueue(piece);
                return true;
            }

            _running++;
            _lastProgress = Stopwatch.GetTimestamp();
        }

        Start(piece);
        return false;
    }

    /// <summary>To be called now and then while work is waiting.</summary>
    /// <param name="now">The time, as <see cref="Stopwatch.GetTimestamp"/> tells it.</param>
    public void LookAfter(long now)
    {
        TimedWork? piece;
        lock (_lock)
        {
            if (Stopwatch.GetElapsedTime(_lastProgress, now) < s_patience || !_waiting.TryDequeue(out piece))
            {
                return;
            }

            _running++;
            _lastProgress = now;
        }

        Start(piece);
    }

    /// <summary>From here on nobody looks after it, so all of it goes to the thread pool at once.</summary>
    public void Release()
    {
        List<TimedWork> released;
        lock (_lock)
        {
            _width = int.MaxValue;
            released = [.. _waiting];
            _running += released.Count;
            _waiting.Clear();
        }

        released.ForEach(Start);
    }

    /// <summary>A piece has ended, and the next has its place.</summary>
    public void OnEnded()
    {
        TimedWork? next = null;
        lock (_lock)
        {
            _lastProgress = Stopwatch.GetTimestamp();

            // Where one more was let go than may run, it takes nobody's place.
            if (_running > _width || !_waiting.TryDequeue(out next))
            {
                _running--;
            }
        }

        if (next is not null)
        {
            Start(next);
        }
    }

    private void Start(TimedWork piece) => ThreadPool.UnsafeQueueUserWorkItem(new ComputingPiece(piece, this), preferLocal: false);
}
