namespace LoadDriver.Measuring;

/// <summary>The same figure of several alternations.</summary>
/// <param name="Median">The middle one, or the mean of the two in the middle.</param>
/// <param name="Least">With <paramref name="Most"/> the spread.</param>
internal readonly record struct Series(double Median, double Least, double Most)
{
    /// <summary>Null when there is no value.</summary>
    public static Series? Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
        {
            return null;
        }

        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Series(median, sorted[0], sorted[^1]);
    }

    /// <summary>Whether the spreads have something in common, so that neither is known to be the lower one.</summary>
    public bool Overlaps(Series other) => Least <= other.Most && other.Least <= Most;
}
