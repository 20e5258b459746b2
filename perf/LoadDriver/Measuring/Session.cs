using LoadDriver.Workloads;

namespace LoadDriver.Measuring;

/// <summary>Runs a plan.</summary>
internal sealed class Session(RunPlan plan, IProgressView progress)
{
    /// <summary>Runs all of it. A row or workload that fails is noted, and the others go on.</summary>
    public async Task<Results> RunAsync(CancellationToken ended)
    {
        var results = new Results();
        foreach (var group in plan.Groups)
        {
            for (var process = 1; process <= plan.Processes; process++)
            {
                await new LoadSession(plan, progress, results, group.Key.Shape, process).RunAsync([.. group], ended);
            }
        }

        foreach (var workload in plan.Workloads.OfType<IdleWorkload>())
        {
            await new IdleSession(plan, progress, results).RunAsync(workload, ended);
        }

        return results;
    }
}
