using LoadDriver.Measuring;
using LoadDriver.Servers;

namespace LoadDriver.Goals;

/// <summary>How much of its best throughput a mode keeps, whatever the number of connections.</summary>
internal sealed record ScaleGoal(string Work, IReadOnlyList<string> Workloads, double Must, double Want)
    : Goal(Work, "worst / best of ours", Must, Want)
{
    public override bool MoreIsBetter => true;

    protected override Series? Measure(Results results, Row mode)
    {
        // By alternation: each has its own worst and best.
        var runs = Workloads.Select(workload => results.Of(workload, mode).ToList()).ToList();
        return runs.Exists(ofWorkload => ofWorkload.Count == 0)
            ? null
            : Series.Of(runs
                .SelectMany(ofWorkload => ofWorkload)
                .GroupBy(run => run.Alternation)
                .Where(alternation => alternation.Count() == Workloads.Count)
                .Select(alternation => alternation.Min(run => run.RequestsPerSecond) / alternation.Max(run => run.RequestsPerSecond))
                .OfType<double>());
    }
}
