using System.Globalization;
using LoadDriver.Measuring;

namespace LoadDriver.Reporting;

/// <summary>Numbers as the report writes them.</summary>
internal static class Numerals
{
    private const string Nothing = "–";
    private const double Large = 1000;
    private const double Middle = 10;

    /// <summary>With as many digits as are worth reading.</summary>
    public static string Of(double? value) => value switch
    {
        null => Nothing,
        >= Large => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= Middle => value.Value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("F2", CultureInfo.InvariantCulture),
    };

    /// <summary>The median, and in brackets the least and the most.</summary>
    public static string WithSpread(Series? series) => series is { } known
        ? $"{Of(known.Median)} ({Of(known.Least)}..{Of(known.Most)})"
        : Nothing;

    public static string Minutes(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, Math.Round(time.TotalMinutes))} min");
}
