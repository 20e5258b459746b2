namespace Kestrel.Transport.Rio.Contract.Support;

/// <summary>
/// The time for which a provider polls for completions before the thread sleeps. A wake-up costs more than a request does, above all
/// on a virtual machine whose core has halted. Polling without success costs the time. So the time doubles after a success and
/// halves after a failure. On the only core of a machine it polls only if it yields.
/// </summary>
internal sealed class AdaptiveSpin
{
    // A wake-up costs about as much: longer polling gains nothing, even where it finds something.
    private static readonly TimeSpan s_longest = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMicroseconds(3);

    // A yield to no other thread takes a fraction of this. A longer one means that another thread has run.
    private static readonly TimeSpan s_contended = TimeSpan.FromMicroseconds(5);

    private const int PollsBetweenYields = 4;
    private const int PauseBetweenPolls = 10;

    // After this many sleeps it is tried again, for the longest time: a short time cannot find completions that take longer.
    private const int SleepsBetweenTrials = 32;

    private readonly bool _yields;
    private readonly TimeProvider _time;
    private readonly bool _isOff;
    private readonly long _longest;
    private readonly long _shortest;
    private readonly long _contended;
    private long _length;
    private long _end;
    private int _polls;
    private int _sleeps;

    /// <param name="yields">
    /// Whether to yield the core between polls, which takes a system call. Not where polling pays only because it makes
    /// none: there another thread waits for the core for <see cref="s_longest"/> at most.
    /// </param>
    public AdaptiveSpin(bool yields)
        : this(yields, TimeProvider.System, Environment.ProcessorCount)
    {
    }

    public AdaptiveSpin(bool yields, TimeProvider time, int processors)
    {
        _yields = yields;
        _time = time;
        _isOff = processors == 1 && !yields;
        _longest = Ticks(s_longest);
        _shortest = Ticks(s_shortest);
        _contended = Ticks(s_contended);
        _length = _longest;
    }

    /// <summary>Whether to poll at all. If so, the caller polls until it finds something or <see cref="GoOn"/> returns false.</summary>
    public bool Begin()
    {
        if (_isOff)
        {
            return false;
        }

        if (_length < _shortest)
        {
            if (++_sleeps < SleepsBetweenTrials)
            {
                return false;
            }

            _sleeps = 0;
            _length = _longest;
        }

        _end = _time.GetTimestamp() + _length;
        return true;
    }

    /// <summary>Lets a little time pass. False when the time is over.</summary>
    public bool GoOn()
    {
        long now;
        if (_yields && ++_polls % PollsBetweenYields == 0)
        {
            var before = _time.GetTimestamp();
            Thread.Yield();
            now = _time.GetTimestamp();
            if (now - before > _contended)
            {
                // This does not show how soon a completion would have come.
                return false;
            }
        }
        else
        {
            Thread.SpinWait(PauseBetweenPolls);
            now = _time.GetTimestamp();
        }

        if (now < _end)
        {
            return true;
        }

        _length /= 2;
        return false;
    }

    /// <summary>The caller has found something before the time was over.</summary>
    public void OnFound() => _length = Math.Min(2 * _length, _longest);

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
