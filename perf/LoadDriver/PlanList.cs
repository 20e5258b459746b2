using LoadDriver.Measuring;
using LoadDriver.Reporting;
using Spectre.Console;

namespace LoadDriver;

/// <summary>Shows a plan.</summary>
internal static class PlanList
{
    public static void Print(RunPlan plan)
    {
        var table = new Table().AddColumns("workload", "what", "rows");
        foreach (var workload in plan.Workloads)
        {
            table.AddRow(
                Markup.Escape(workload.Name),
                Markup.Escape(workload.Title),
                Markup.Escape(string.Join(' ', plan.RowsOf(workload).Select(row => row.Name))));
        }

        AnsiConsole.Write(table);
        Console.WriteLine($"About {Numerals.Minutes(plan.Estimate)}.");
    }
}
