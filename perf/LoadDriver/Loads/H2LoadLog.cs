using System.Globalization;

namespace LoadDriver.Loads;

/// <summary>
/// Reads what <c>h2load --log-file</c> writes: a line for each request, with its start, its status and its microseconds
/// between tabs. h2load's own summary has no percentiles.
/// </summary>
internal static class H2LoadLog
{
    private const int StatusColumn = 1;
    private const int MicrosecondsColumn = 2;
    private const int NoStatus = -1;

    /// <summary>Of the requests that were answered; null when none was.</summary>
    public static async Task<Latency?> PercentilesAsync(IAsyncEnumerable<string> lines)
    {
        var times = new List<long>();
        await foreach (var line in lines)
        {
            var columns = line.Split('\t');
            if (columns.Length > MicrosecondsColumn && Number(columns[StatusColumn]) != NoStatus)
            {
                times.Add(Number(columns[MicrosecondsColumn]));
            }
        }

        if (times.Count == 0)
        {
            return null;
        }

        times.Sort();
        return new Latency(At(times, 0.5), At(times, 0.9), At(times, 0.99), At(times, 0.999));
    }

    // The nearest rank: the least time that so large a part of all requests did not exceed.
    private static long At(List<long> sorted, double part) => sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Count) - 1)];

    private static long Number(string column) => long.Parse(column, CultureInfo.InvariantCulture);
}
