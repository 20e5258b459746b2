using System.Diagnostics;
using System.Numerics;

namespace ConnectionLoad;

/// <summary>
/// Counts durations in classes that are each a 64th of a power of two wide, so that what it answers is right to within 2 %, with
/// no allocation for what it counts.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int ClassBits = 6;
    private const int Classes = 1 << ClassBits;

    private readonly long[] _counts = new long[(64 - ClassBits + 1) * Classes];
    private long _total;

    /// <param name="duration">In ticks of <see cref="Stopwatch"/>.</param>
    public void Add(long duration)
    {
        _counts[IndexOf((ulong)duration)]++;
        _total++;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        _total += other._total;
    }

    /// <summary>The duration that so many in a hundred stay within; zero when nothing was counted.</summary>
    public TimeSpan Percentile(double percent)
    {
        var left = (long)Math.Ceiling(_total * percent / 100);
        for (var i = 0; i < _counts.Length && _total > 0; i++)
        {
            left -= _counts[i];
            if (left <= 0)
            {
                return Stopwatch.GetElapsedTime(0, (long)LeastOf(i));
            }
        }

        return TimeSpan.Zero;
    }

    /// <summary>Small values have a class each; from 64 up the six bits after the highest one choose among 64.</summary>
    private static int IndexOf(ulong value)
    {
        var shift = BitOperations.Log2(value | (Classes - 1)) + 1 - ClassBits;
        return shift == 0 ? (int)value : (shift * Classes) + (int)((value >> (shift - 1)) & (Classes - 1));
    }

    private static ulong LeastOf(int index)
    {
        var shift = index / Classes;
        var within = (ulong)(index % Classes);
        return shift == 0 ? within : (Classes + within) << (shift - 1);
    }
}
