using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Measuring;

/// <summary>Everything that a session has found out.</summary>
internal sealed class Results
{
    private readonly List<Measurement> _measurements = [];
    private readonly Dictionary<(string Workload, Row Row), double> _systemCalls = [];
    private readonly List<string> _failures = [];

    public IReadOnlyList<Measurement> Measurements => _measurements;

    /// <summary>What did not work, in a sentence each.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public void Add(Measurement measurement) => _measurements.Add(measurement);

    public void AddFailure(string sentence) => _failures.Add(sentence);

    public void AddSystemCalls(Workload workload, Row row, double perRequest) =>
        _systemCalls[(workload.Name, row)] = perRequest;

    public double? SystemCalls(string workload, Row row) =>
        _systemCalls.TryGetValue((workload, row), out var perRequest) ? perRequest : null;

    public IEnumerable<Measurement> Of(string workload, Row row) =>
        _measurements.Where(run => run.Workload.Name.Equals(workload, StringComparison.Ordinal) && run.Row == row);

    /// <summary>The rows that were measured in a workload, in their order.</summary>
    public IReadOnlyList<Row> RowsOf(string workload) =>
        [.. Row.All.Where(row => Of(workload, row).Any())];

    public Series? Series(string workload, Row row, Figure figure) =>
        Measuring.Series.Of(Of(workload, row).Select(figure.Read).OfType<double>());

    /// <summary>
    /// One row's figure as a part of another's, pair by pair: the two of an alternation ran next to each other, so what
    /// disturbed one most likely disturbed both.
    /// </summary>
    public Series? Ratio(string workload, Figure figure, Row row, Row of) =>
        Measuring.Series.Of(Ratios(workload, figure, row, of));

    /// <summary>
    /// The same, process by process, with how well their middle is known: the median of the alternations in which the two rows
    /// had the same two processes.
    /// </summary>
    public PairedRatios? RatiosOfProcesses(string workload, Figure figure, Row row, Row of) =>
        PairedRatios.Of(Of(workload, row)
            .Select(static run => run.Process)
            .Distinct()
            .Select(process => Measuring.Series.Of(Ratios(workload, figure, row, of, process))?.Median)
            .OfType<double>());

    private IEnumerable<double> Ratios(string workload, Figure figure, Row row, Row of, int? process = null)
    {
        var divisors = Of(workload, of).ToDictionary(run => run.Alternation, figure.Read);
        return Of(workload, row)
            .Where(run => process is null || run.Process == process)
            .Select(run => figure.Read(run) / divisors.GetValueOrDefault(run.Alternation))
            .OfType<double>()
            .Where(double.IsFinite);
    }
}
