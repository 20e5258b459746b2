using LoadDriver.Goals;
using LoadDriver.Measuring;
using LoadDriver.Servers;
using LoadDriver.Workloads;
using Xunit;

namespace Kestrel.Transport.Rio.PerfTests;

public sealed class CatalogueTests
{
    [Fact]
    public void Names_of_workloads_are_unique_and_of_one_word()
    {
        var names = WorkloadCatalogue.All.Select(workload => workload.Name).ToList();
        Assert.Equal(names, names.Distinct(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Matches("^[a-z0-9-]+$", name));
    }

    [Fact]
    public void Every_ratio_is_of_rows_that_its_workload_runs()
    {
        foreach (var goal in GoalTable.All.OfType<RatioGoal>())
        {
            var workload = Assert.Single(
                WorkloadCatalogue.All, workload => workload.Name.Equals(goal.Workload, StringComparison.Ordinal));
            Assert.True(workload.Includes(goal.Against), $"{goal.Workload} does not run {goal.Against.Name}");
            Assert.All(Row.All.Where(goal.Modes), row => Assert.True(workload.Includes(row)));
        }
    }

    [Fact]
    public void There_is_a_row_for_every_scheduling_mode()
        => Assert.Equal(
            Enum.GetValues<ApplicationScheduling>(),
            Row.All.Where(row => row.Kind == RowKind.Rio).Select(row => row.Scheduling));

    [Fact]
    public void A_plan_shares_servers_within_a_family_or_between_all_of_one_shape()
    {
        var plan = new RunPlan
        {
            Workloads = WorkloadCatalogue.All,
            Rows = Row.All,
            Alternations = 1,
            Measure = TimeSpan.FromSeconds(1),
            WarmUp = TimeSpan.FromSeconds(1),
            SharesProcesses = false,
        };
        var loads = WorkloadCatalogue.All.OfType<LoadWorkload>().ToList();

        Assert.Equal(loads.DistinctBy(load => (load.Shape, load.Family)).Count(), plan.Groups.Count());
        Assert.Equal(loads.DistinctBy(load => load.Shape).Count(), (plan with { SharesProcesses = true }).Groups.Count());
        Assert.Equal(loads.Count, plan.Groups.SelectMany(group => group).Count());
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(18, 6)]
    [InlineData(7, 3)]
    public void Processes_share_the_alternations_out(int alternations, int processes)
    {
        var plan = new RunPlan
        {
            Workloads = [],
            Rows = [],
            Alternations = alternations,
            Processes = processes,
            Measure = TimeSpan.FromSeconds(1),
            WarmUp = TimeSpan.FromSeconds(1),
            SharesProcesses = false,
        };
        var shares = Enumerable.Range(1, processes).Select(process => plan.AlternationsOf(process).ToList()).ToList();
        Assert.Equal(Enumerable.Range(1, alternations), shares.SelectMany(static share => share));
        Assert.All(shares, share => Assert.InRange(share.Count, alternations / processes, (alternations / processes) + 1));
    }
}
