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
    public Series? Ratio(string workload, Figure figure, Row row, Row of)
    {
        var divisors = Of(workload, of).ToDictionary(run => run.Alternation, figure.Read);
        return Measuring.Series.Of(Of(workload, row)
            .Select(run => figure.Read(run) / divisors.GetValueOrDefault(run.Alternation))
            .OfType<double>()
            .Where(double.IsFinite));
    }
}
