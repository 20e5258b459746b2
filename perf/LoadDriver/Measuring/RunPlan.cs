using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Measuring;

/// <summary>What is run, how often and how long.</summary>
internal sealed record RunPlan
{
    /// <summary>Tiered compilation needs it: after 2 s the user part is still twice what it becomes.</summary>
    public static readonly TimeSpan WarmUpOfProcess = TimeSpan.FromSeconds(12);

    // What is compiled already needs no second time; this is for caches and pools. Nothing of nginx or the floor compiles.
    private static readonly TimeSpan s_warmUpOfWorkload = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_idleRun = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan s_betweenRuns = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_systemCallRun = TimeSpan.FromSeconds(4);

    public required IReadOnlyList<Workload> Workloads { get; init; }

    public required IReadOnlyList<Row> Rows { get; init; }

    public required int Alternations { get; init; }

    /// <summary>
    /// How often the servers are started anew, which the alternations are shared out over: two processes of the same program differ by
    /// several percent, however often they are measured.
    /// </summary>
    public int Processes { get; init; } = 1;

    public required TimeSpan Measure { get; init; }

    public required TimeSpan WarmUp { get; init; }

    /// <summary>All workloads of one shape share the processes of their servers, which saves warm-ups.</summary>
    public required bool SharesProcesses { get; init; }

    public bool CountsSystemCalls { get; init; } = true;

    public IEnumerable<IGrouping<(ServerShape Shape, string Family), LoadWorkload>> Groups => Workloads
        .OfType<LoadWorkload>()
        .GroupBy(workload => (workload.Shape, SharesProcesses ? string.Empty : workload.Family));

    public TimeSpan Estimate => Sum(Groups.Select(Duration)) + Sum(Workloads.OfType<IdleWorkload>().Select(Duration));

    public TimeSpan MeasureOf(LoadWorkload workload) => Longer(Measure, workload.AtLeast);

    public TimeSpan WarmUpOf(LoadWorkload workload, Row row, bool isFirst) =>
        Longer(isFirst && row.IsKestrel ? WarmUp : s_warmUpOfWorkload, workload.AtLeast);

    /// <summary>The alternations in which the rows have the same processes, which are counted from 1 on as well.</summary>
    public IEnumerable<int> AlternationsOf(int process) =>
        Enumerable.Range(1, Alternations).Where(alternation => (alternation - 1) * Processes / Alternations == process - 1);

    public IReadOnlyList<Row> RowsOf(Workload workload) => [.. Rows.Where(workload.Includes)];

    public IReadOnlyList<Row> RowsOf(IEnumerable<Workload> workloads) =>
        [.. Rows.Where(row => workloads.Any(workload => workload.Includes(row)))];

    private TimeSpan Duration(IEnumerable<LoadWorkload> group)
    {
        var workloads = group.ToList();
        return (Processes * RowsOf(workloads).Count(row => row.IsKestrel) * (WarmUp + s_start)) + Sum(workloads.Select(Duration));
    }

    private TimeSpan Duration(LoadWorkload workload) => RowsOf(workload).Count
        * ((Processes * (Longer(s_warmUpOfWorkload, workload.AtLeast) + workload.Load.Around))
            + (Alternations * (MeasureOf(workload) + workload.Load.Around + s_betweenRuns))
            + (CountsSystemCalls && workload.CountSystemCalls ? s_systemCallRun : TimeSpan.Zero));

    private TimeSpan Duration(IdleWorkload workload) => RowsOf(workload).Count * Alternations * s_idleRun;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Sum(IEnumerable<TimeSpan> times) =>
        times.Aggregate(TimeSpan.Zero, static (sum, time) => sum + time);
}
