namespace ConfirmOnWindows.Load;

/// <summary>What repeated measurements of one thing say of it.</summary>
internal sealed record Spread(double Least, double Median, double Most)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return new Spread(sorted[0], sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[^1]);
    }

    /// <summary>Then the measurements say nothing about which of the two is less.</summary>
    public bool Overlaps(Spread other) => Least <= other.Most && other.Least <= Most;
}
