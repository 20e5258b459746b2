using LoadDriver.Goals;
using LoadDriver.Loads;
using LoadDriver.Machine;
using LoadDriver.Measuring;
using LoadDriver.Reporting;
using LoadDriver.Servers;
using LoadDriver.Workloads;
using Xunit;

namespace Kestrel.Transport.Rio.PerfTests;

/// <summary>What is said of a run is what its numbers bear, and nothing more.</summary>
public sealed class GoalTests
{
    private const string Work = WorkloadCatalogue.PlaintextDepth1;

    private static readonly Goal s_cpu = new RatioGoal("work", Work, Figure.Cpu, Row.Sockets, Must: 0.8, Want: 0.6);

    [Theory]
    [InlineData(5.0, 5.5, 6.0, "Want")]
    [InlineData(5.0, 6.5, 7.0, "Must")]
    [InlineData(7.0, 7.5, 8.1, "Undecided")]
    [InlineData(7.9, 8.5, 9.0, "Undecided")]
    [InlineData(8.1, 8.5, 9.0, "Missed")]
    public void A_level_inside_the_spread_is_not_reached(double a, double b, double c, string verdict)
    {
        var results = new ResultsBuilder().AddCpu(Work, Row.Sockets, 10, 10, 10).AddCpu(Work, Row.RioInline, a, b, c).Results;
        var outcome = s_cpu.Evaluate(results);
        Assert.Equal(Row.RioInline, outcome?.Mode);
        Assert.Equal(b / 10, outcome?.Measured.Median);
        Assert.Equal(Enum.Parse<Verdict>(verdict), s_cpu.Judge(outcome));
    }

    [Fact]
    public void Ratios_are_made_of_runs_of_the_same_alternation()
    {
        // The machine was twice as slow in the second alternation, for both.
        var results = new ResultsBuilder().AddCpu(Work, Row.Sockets, 10, 20, 10).AddCpu(Work, Row.RioInline, 5, 10, 5).Results;
        Assert.Equal(new Series(0.5, 0.5, 0.5), s_cpu.Evaluate(results)?.Measured);
    }

    [Fact]
    public void The_mode_that_fits_best_is_named_among_those_that_may_be()
    {
        var results = new ResultsBuilder()
            .AddCpu(Work, Row.Sockets, 10)
            .AddCpu(Work, Row.RioThreadPool, 7)
            .AddCpu(Work, Row.RioInline, 5)
            .Results;
        var onThePool = s_cpu with { Modes = static row => row == Row.RioThreadPool };
        Assert.Equal(Row.RioInline, s_cpu.Evaluate(results)?.Mode);
        Assert.Equal(Row.RioThreadPool, onThePool.Evaluate(results)?.Mode);
    }

    [Fact]
    public void What_was_not_run_is_not_judged()
    {
        var results = new ResultsBuilder().AddCpu(Work, Row.RioInline, 5).Results;
        Assert.All(GoalTable.All, goal => Assert.Equal(Verdict.NotRun, goal.Judge(goal.Evaluate(new Results()))));
        Assert.Equal(Verdict.NotRun, s_cpu.Judge(s_cpu.Evaluate(results)));
    }

    [Fact]
    public void Of_throughput_more_is_better()
    {
        var goal = new RatioGoal("work", WorkloadCatalogue.SharedCores, Figure.RequestsPerSecond, Row.Sockets, Must: 1.35, Want: 1.6);
        static Measurement With(Measurement run, double rate) => run with { RequestsPerSecond = rate };
        var results = new ResultsBuilder()
            .Add(WorkloadCatalogue.SharedCores, Row.Sockets, With, 100, 100)
            .Add(WorkloadCatalogue.SharedCores, Row.RioThreadPool, With, 140, 150)
            .Add(WorkloadCatalogue.SharedCores, Row.RioInline, With, 90, 100)
            .Results;
        var outcome = goal.Evaluate(results);
        Assert.Equal(Row.RioThreadPool, outcome?.Mode);
        Assert.Equal(Verdict.Must, goal.Judge(outcome));
    }

    [Fact]
    public void An_allocation_in_every_request_is_more_than_nothing()
    {
        var goal = Assert.Single(GoalTable.All.OfType<AllocationGoal>());
        Assert.Equal(Verdict.Want, goal.Judge(goal.Evaluate(Allocating(0.02))));
        Assert.Equal(Verdict.Missed, goal.Judge(goal.Evaluate(Allocating(24))));

        static Results Allocating(double bytes) => new ResultsBuilder()
            .Add(WorkloadCatalogue.Echo, Row.RioThreadPool, static (run, bytes) => run with { Allocated = bytes }, bytes, bytes)
            .Results;
    }

    [Fact]
    public void Throughput_over_connections_needs_all_steps_and_takes_the_worst_by_the_best()
    {
        var goal = Assert.Single(GoalTable.All.OfType<ScaleGoal>());
        var builder = new ResultsBuilder();
        double[] rates = [100, 120, 110, 96, 90];
        for (var i = 0; i < rates.Length; i++)
        {
            Assert.Null(goal.Evaluate(builder.Results));
            builder.Add(
                WorkloadCatalogue.Scale[i].Workload,
                Row.RioInline,
                static (run, rate) => run with { RequestsPerSecond = rate },
                rates[i]);
        }

        Assert.Equal(0.75, goal.Evaluate(builder.Results)?.Measured.Median);
    }

    [Fact]
    public void Who_answered_nothing_has_a_rate_of_nothing_and_no_figure_per_request()
    {
        var workload = WorkloadCatalogue.All.OfType<LoadWorkload>().Single(workload => workload.Name is WorkloadCatalogue.BesideSleeping);
        var nothing = Measure(requests: 0);
        Assert.True(workload.MayAnswerNothing);
        Assert.Equal(0, nothing.RequestsPerSecond);
        Assert.Null(nothing.Cpu);
        Assert.Null(nothing.Allocated);

        var something = Measure(requests: 100);
        Assert.Equal(50, something.RequestsPerSecond);
        Assert.Equal(30_000, something.Cpu);
        Assert.Equal(7, something.Allocated);

        Measurement Measure(long requests) => Measurement.Of(
            workload, Row.Sockets, 1, new LoadResult(requests, Seconds: 2, Errors: 0, Latency: null), new CpuTime(1, 2), allocatedBytes: 700, default);
    }

    [Fact]
    public void No_winner_is_called_inside_the_spread()
    {
        var workload = WorkloadCatalogue.All.Single(workload => workload.Name is Work);
        var close = new ResultsBuilder().AddCpu(Work, Row.Sockets, 9, 10).AddCpu(Work, Row.RioInline, 5, 9).Results;
        var clear = new ResultsBuilder().AddCpu(Work, Row.Sockets, 9, 10).AddCpu(Work, Row.RioInline, 4.5, 5).Results;
        Assert.Equal("By CPU per request no winner: the spread of rio-inline overlaps with sockets.", Judgement.Of(workload, close));
        Assert.Equal("Best by CPU per request: rio-inline. 0.50 (0.50..0.50) of sockets.", Judgement.Of(workload, clear));
    }
}
