namespace LoadDriver.Measuring;

/// <summary>
/// The ratios of many pairs of processes, of which each scatters more than what is asked. Their median is known better than
/// any of them, and how well, their order tells: whatever they scatter by, each is as likely to lie above the true median as
/// below it.
/// </summary>
/// <param name="Pairs">How many they are.</param>
/// <param name="Median">Their middle.</param>
/// <param name="Interval">Where the true median is in 95 of 100 cases; null for fewer than six pairs, which do not tell.</param>
internal sealed record PairedRatios(int Pairs, double Median, (double Low, double High)? Interval)
{
    private const double Beyond = 0.025;

    /// <summary>Null when there is no pair.</summary>
    public static PairedRatios? Of(IEnumerable<double> ratios)
    {
        var sorted = ratios.Order().ToArray();
        if (Series.Of(sorted) is not { } series)
        {
            return null;
        }

        var rank = RankOfLow(sorted.Length);
        return new PairedRatios(sorted.Length, series.Median, rank == 0 ? null : (sorted[rank - 1], sorted[^rank]));
    }

    /// <summary>
    /// The highest rank for which fewer heads than it come in so many throws of a coin with a probability of 2.5 % at most; 0 when
    /// there is none.
    /// </summary>
    private static int RankOfLow(int count)
    {
        var probability = Math.Pow(0.5, count);
        var sum = probability;
        var rank = 0;
        while (sum <= Beyond && rank < count / 2)
        {
            rank++;
            probability *= (double)(count - rank + 1) / rank;
            sum += probability;
        }

        return rank;
    }
}
