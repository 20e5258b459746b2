using System.Globalization;
using System.Text;
using LoadDriver.Goals;
using LoadDriver.Measuring;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Reporting;

/// <summary>The report: the goals, and then every workload with all of its rows.</summary>
internal sealed class MarkdownReport(RunHeader header, Results results, IReadOnlyList<string> plots)
{
    private readonly StringBuilder _text = new();

    public string Write()
    {
        Line("# Measurements");
        Line();
        Introduce();
        TellFailures();
        TellGoals();
        foreach (var line in AdaptiveComparison.Of(header.Plan.Workloads, results))
        {
            Line(line);
        }

        foreach (var workload in header.Plan.Workloads)
        {
            Tell(workload);
        }

        foreach (var plot in plots)
        {
            Line($"![{Path.GetFileNameWithoutExtension(plot)}]({plot})");
            Line();
        }

        return _text.ToString();
    }

    private void Introduce()
    {
        var plan = header.Plan;
        var disturbed = results.Measurements.Count(run => run.Noise.IsDisturbing);
        Line($"{header.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC,"
            + $" {Numerals.Minutes(header.Took)}, commit {header.Commit ?? "unknown"}.");
        Line($"{header.Machine}.");
        Line();
        Line($"`{header.Command}`");
        Line();
        Line($"Medians of {plan.Alternations} alternations of {Numerals.Of(plan.Measure.TotalSeconds)} s, the rows in turn, after"
            + $" {Numerals.Of(plan.WarmUp.TotalSeconds)} s of warm-up; in brackets the least and the most. Server on core 0, load on"
            + " core 1, unless the workload says otherwise. Ratios are made pair by pair, of runs of the same alternation."
            + " Where spreads overlap no winner is called.");
        Line();
        Line(disturbed == 0
            ? "No run was disturbed."
            : $"**{disturbed} of {results.Measurements.Count} runs were disturbed** by other programs or by the hypervisor; the"
                + " tables say which rows have such runs. Trust the spreads.");
        Line();
    }

    private void TellFailures()
    {
        if (results.Failures.Count == 0)
        {
            return;
        }

        Line("## What failed");
        Line();
        foreach (var failure in results.Failures)
        {
            Line($"- {failure.ReplaceLineEndings(" ")}");
        }

        Line();
    }

    private void TellGoals()
    {
        var judged = GoalTable.All.Select(goal => (Goal: goal, Outcome: goal.Evaluate(results))).Where(static entry => entry.Outcome is not null).ToList();
        Line("## The goals");
        Line();
        if (judged.Count > 0)
        {
            Line("| work | figure | must | want | measured | mode | reached |");
            Line("| --- | --- | ---: | ---: | ---: | --- | --- |");
        }

        foreach (var (goal, outcome) in judged)
        {
            Line($"| {goal.Work} | {goal.Figure} | {Numerals.Of(goal.Must)} | {Numerals.Of(goal.Want)} |"
                + $" {Numerals.WithSpread(outcome!.Measured)} | {outcome.Mode.Name} | {Words(goal.Judge(outcome))} |");
        }

        if (judged.Count > 0)
        {
            Line();
        }

        var others = GoalTable.All.Except(judged.Select(static entry => entry.Goal)).Select(static goal => goal.Work).Distinct(StringComparer.Ordinal).ToList();
        if (others.Count > 0)
        {
            Line($"Without a value, since their workloads or rows were not run or failed: {string.Join("; ", others)}.");
            Line();
        }
    }

    private static string Words(Verdict verdict) => verdict switch
    {
        Verdict.Want => "want",
        Verdict.Must => "must",
        Verdict.Undecided => "undecided: inside the spread",
        Verdict.Missed => "**missed**",
        _ => "–",
    };

    private void Tell(Workload workload)
    {
        var rows = results.RowsOf(workload.Name);
        if (rows.Count == 0)
        {
            return;
        }

        Line($"## {workload.Title}");
        Line();
        var units = workload is IdleWorkload ? "Resident memory, after a collection." : "CPU in µs per request, latency in µs.";
        Line($"`{workload.Name}`. {units}");
        Line();
        if (workload is IdleWorkload)
        {
            TellMemory(workload, rows);
        }
        else
        {
            TellLoad(workload, rows);
        }

        Line();
        Line(Judgement.Of(workload, results));
        Line();
    }

    private void TellMemory(Workload workload, IReadOnlyList<Row> rows)
    {
        Line("| row | bytes per connection |");
        Line("| --- | ---: |");
        foreach (var row in rows)
        {
            Line($"| {row.Name} | {Numerals.WithSpread(results.Series(workload.Name, row, Figure.BytesPerConnection))} |");
        }
    }

    private void TellLoad(Workload workload, IReadOnlyList<Row> rows)
    {
        Line("| row | requests/s | CPU | user | system | p50 | p90 | p99 | p99.9 | bytes allocated | system calls | errors | disturbed |");
        Line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var row in rows)
        {
            var runs = results.Of(workload.Name, row).ToList();
            string[] cells =
            [
                row.Name,
                Numerals.WithSpread(results.Series(workload.Name, row, Figure.RequestsPerSecond)),
                Numerals.WithSpread(results.Series(workload.Name, row, Figure.Cpu)),
                Median(Figure.UserCpu),
                Median(Figure.SystemCpu),
                Spread(Figure.P50),
                Median(Figure.P90),
                Spread(Figure.P99),
                Median(Figure.P999),
                Median(Figure.Allocated),
                Numerals.Of(results.SystemCalls(workload.Name, row)),
                runs.Sum(run => run.Errors).ToString(CultureInfo.InvariantCulture),
                $"{runs.Count(run => run.Noise.IsDisturbing)} of {runs.Count}",
            ];
            Line($"| {string.Join(" | ", cells)} |");

            string Median(Figure figure) => Numerals.Of(results.Series(workload.Name, row, figure)?.Median);
            string Spread(Figure figure) => workload.Judged == figure
                ? Numerals.WithSpread(results.Series(workload.Name, row, figure))
                : Median(figure);
        }
    }

    private void Line(string text = "") => _text.Append(text).Append('\n');
}
