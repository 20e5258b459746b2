namespace Kestrel.Transport.Rio.Contract.Support;

/// <summary>
/// For how long a provider looks for completions before the thread sleeps. To be woken costs more than a request does, above all
/// on a virtual machine whose core has halted meanwhile; to look in vain costs the time. So it looks for as long as that has
/// paid lately. Where the only core there is cannot be given away, it does not look at all.
/// </summary>
internal sealed class AdaptiveSpin
{
    // Who is woken loses about as much: to look for longer wins nothing, even where it finds something.
    private static readonly TimeSpan s_longest = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMicroseconds(3);

    // To give the core away and get it back at once takes a fraction of that: another thread has had it.
    private static readonly TimeSpan s_contended = TimeSpan.FromMicroseconds(5);

    private const int LooksBetweenYields = 4;
    private const int PauseBetweenLooks = 10;

    // After so many sleeps it is tried again, and for the longest time: what comes after 10 us is not found within 6.
    private const int SleepsBetweenTrials = 32;

    private readonly bool _givesWay;
    private readonly TimeProvider _time;
    private readonly bool _isOff;
    private readonly long _longest;
    private readonly long _shortest;
    private readonly long _contended;
    private long _length;
    private long _end;
    private int _looks;
    private int _sleeps;

    /// <param name="givesWay">
    /// Whether to give the core away between looks, which takes a system call. Where a look is worth it only because it makes
    /// none, it does not: there a thread that wants the core waits for <see cref="s_longest"/> at most.
    /// </param>
    public AdaptiveSpin(bool givesWay)
        : this(givesWay, TimeProvider.System, Environment.ProcessorCount)
    {
    }

    public AdaptiveSpin(bool givesWay, TimeProvider time, int processors)
    {
        _givesWay = givesWay;
        _time = time;
        _isOff = processors == 1 && !givesWay;
        _longest = Ticks(s_longest);
        _shortest = Ticks(s_shortest);
        _contended = Ticks(s_contended);
        _length = _longest;
    }

    /// <summary>Whether to look at all. If so: look, and <see cref="GoOn"/>, until one of the two says that it is over.</summary>
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

    /// <summary>Lets a little time pass. False when looking has been in vain.</summary>
    public bool GoOn()
    {
        long now;
        if (_givesWay && ++_looks % LooksBetweenYields == 0)
        {
            var before = _time.GetTimestamp();
            Thread.Yield();
            now = _time.GetTimestamp();
            if (now - before > _contended)
            {
                // It says nothing of how soon something would have come.
                return false;
            }
        }
        else
        {
            Thread.SpinWait(PauseBetweenLooks);
            now = _time.GetTimestamp();
        }

        if (now < _end)
        {
            return true;
        }

        _length /= 2;
        return false;
    }

    /// <summary>Something was found before <see cref="GoOn"/> gave up.</summary>
    public void OnFound() => _length = Math.Min(2 * _length, _longest);

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
