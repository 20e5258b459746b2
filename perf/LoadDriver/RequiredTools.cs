using LoadDriver.Machine;
using LoadDriver.Measuring;
using LoadDriver.Servers;

namespace LoadDriver;

/// <summary>What a plan takes of other people's programs.</summary>
internal static class RequiredTools
{
    public static IEnumerable<RequiredTool> Of(RunPlan plan)
    {
        yield return RequiredTool.Taskset;
        yield return RequiredTool.Gnuplot;
        foreach (var workload in plan.Workloads)
        {
            foreach (var tool in workload.Tools)
            {
                yield return tool;
            }
        }

        foreach (var row in plan.RowsOf(plan.Workloads))
        {
            if (row == Row.Nginx)
            {
                yield return RequiredTool.Nginx;
            }
            else if (row == Row.Floor)
            {
                yield return RequiredTool.Gcc;
            }
        }

        if (plan.CountsSystemCalls && RequiredTool.Perf.Find() is null)
        {
            yield return RequiredTool.Strace;
        }
    }
}
