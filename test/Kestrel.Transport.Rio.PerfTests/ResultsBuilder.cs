using LoadDriver.Measuring;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace Kestrel.Transport.Rio.PerfTests;

/// <summary>Results as a session would have found them.</summary>
internal sealed class ResultsBuilder
{
    public Results Results { get; } = new();

    /// <summary>Which process an alternation has; by default all have the same.</summary>
    public Func<int, int> ProcessOf { get; init; } = static _ => 1;

    /// <summary>One measurement for each figure, in alternations one after the other.</summary>
    public ResultsBuilder Add(string workload, Row row, Func<Measurement, double, Measurement> with, params double[] figures)
    {
        var measured = WorkloadCatalogue.All.Single(candidate => candidate.Name.Equals(workload, StringComparison.Ordinal));
        for (var i = 0; i < figures.Length; i++)
        {
            Results.Add(with(new Measurement(measured, row, i + 1) { Process = ProcessOf(i + 1) }, figures[i]));
        }

        return this;
    }

    public ResultsBuilder AddCpu(string workload, Row row, params double[] figures) => Add(
        workload, row, static (run, cpu) => run with { UserCpu = cpu / 4, SystemCpu = cpu * 3 / 4 }, figures);
}
