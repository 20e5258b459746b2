using LoadDriver.Measuring;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Reporting;

/// <summary>
/// What it costs that the poller can be taken over: Adaptive beside Inline, workload by workload. The difference is smaller
/// than that of two processes of the same program, so that this takes several of each.
/// </summary>
internal static class AdaptiveComparison
{
    private const double Allowed = 1.03;

    public static IEnumerable<string> Of(IReadOnlyList<Workload> workloads, Results results)
    {
        var compared = workloads.SelectMany(workload => Of(workload, results)).ToList();
        return compared.Count == 0 ? [] :
        [
            "## Adaptive against Inline",
            string.Empty,
            "Of each pair of processes the median of its alternations; of these the median, where the true one is in 95 of 100 cases"
                + " (which takes six pairs: `--processes`), and whether that is within 3 %. Of so many lines one or another says no by chance.",
            string.Empty,
            "| workload | figure | processes of each | Adaptive / Inline | known to be in | within 3 % |",
            "| --- | --- | ---: | ---: | --- | --- |",
            .. compared,
            string.Empty,
        ];
    }

    private static IEnumerable<string> Of(Workload workload, Results results) =>
        from figure in new[] { Figure.Cpu, workload.Judged }.Distinct()
        let ratios = results.RatiosOfProcesses(workload.Name, figure, Row.RioAdaptive, Row.RioInline)
        where ratios is not null
        select $"| `{workload.Name}` | {figure.Name} | {ratios.Pairs} | {Numerals.Of(ratios.Median)} | {Interval(ratios)} |"
            + $" {Words(figure, ratios)} |";

    private static string Interval(PairedRatios ratios) =>
        ratios.Interval is var (low, high) ? $"{Numerals.Of(low)}..{Numerals.Of(high)}" : Numerals.Of(null);

    private static string Words(Figure figure, PairedRatios ratios)
    {
        if (ratios.Interval is not var (low, high))
        {
            return "too few processes";
        }

        var (best, worst) = figure.MoreIsBetter ? (1 / high, 1 / low) : (low, high);
        return worst <= Allowed ? "yes" : best > Allowed ? "**no**" : "undecided";
    }
}
