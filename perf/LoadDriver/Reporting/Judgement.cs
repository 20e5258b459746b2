using LoadDriver.Measuring;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Reporting;

/// <summary>Says which of the transports is ahead, and refuses to where the spreads overlap.</summary>
internal static class Judgement
{
    public static string Of(Workload workload, Results results)
    {
        var figure = workload.Judged;
        var ranked = results.RowsOf(workload.Name)
            .Where(row => row.IsKestrel)
            .Select(row => (Row: row, Series: results.Series(workload.Name, row, figure)))
            .Where(entry => entry.Series is not null)
            .Select(entry => (entry.Row, Series: entry.Series!.Value))
            .OrderBy(entry => figure.MoreIsBetter ? -entry.Series.Median : entry.Series.Median)
            .ToList();
        if (ranked.Count < 2)
        {
            return "Nothing to compare with.";
        }

        var best = ranked[0];
        var close = ranked.Skip(1).Where(entry => entry.Series.Overlaps(best.Series)).Select(entry => entry.Row.Name).ToList();
        return close.Count > 0
            ? $"By {figure.Name} no winner: the spread of {best.Row.Name} overlaps with {string.Join(", ", close)}."
            : $"Best by {figure.Name}: {best.Row.Name}.{OfSockets(workload, results, best.Row)}";
    }

    private static string OfSockets(Workload workload, Results results, Row best) =>
        best != Row.Sockets && results.Ratio(workload.Name, workload.Judged, best, Row.Sockets) is { } ratio
            ? $" {Numerals.WithSpread(ratio)} of sockets."
            : string.Empty;
}
