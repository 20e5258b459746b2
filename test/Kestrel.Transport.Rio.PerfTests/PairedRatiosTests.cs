using LoadDriver.Measuring;
using LoadDriver.Reporting;
using LoadDriver.Servers;
using LoadDriver.Workloads;
using Xunit;

namespace Kestrel.Transport.Rio.PerfTests;

/// <summary>How well the middle of many noisy pairs is known, and what the report says of Adaptive by it.</summary>
public sealed class PairedRatiosTests
{
    private const string Work = WorkloadCatalogue.Async;

    private static readonly double[] s_inline = [.. Enumerable.Repeat(10.0, 15)];

    // From the table of the binomial distribution: the rank of the ratio with which the interval begins.
    [Theory]
    [InlineData(6, 1)]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(11, 2)]
    [InlineData(12, 3)]
    [InlineData(15, 4)]
    [InlineData(20, 6)]
    [InlineData(25, 8)]
    public void The_interval_is_that_of_the_sign_test(int pairs, int first)
    {
        var ratios = Enumerable.Range(1, pairs).Select(static ratio => (double)ratio).Reverse();
        Assert.Equal((first, pairs - first + 1), PairedRatios.Of(ratios)?.Interval);
    }

    [Fact]
    public void Fewer_than_six_pairs_tell_a_median_and_no_interval()
    {
        Assert.Equal(new PairedRatios(5, 3, Interval: null), PairedRatios.Of([5, 1, 3, 2, 4]));
        Assert.Null(PairedRatios.Of([]));
    }

    [Theory]
    [InlineData(9.0, 10.2, "| `async-c64` | CPU per request | 15 | 1.00 | 0.90..1.02 | yes |")]
    [InlineData(9.0, 10.4, "| `async-c64` | CPU per request | 15 | 1.00 | 0.90..1.04 | undecided |")]
    [InlineData(10.0, 10.0, "| `async-c64` | CPU per request | 15 | 1.00 | 1.00..1.00 | yes |")]
    public void Only_an_interval_that_is_wholly_within_is_known_to_be(double low, double high, string line)
    {
        double[] adaptive = [.. Enumerable.Repeat(low, 5), .. Enumerable.Repeat(10.0, 5), .. Enumerable.Repeat(high, 5)];
        Assert.Contains(line, Compare(adaptive));
    }

    [Fact]
    public void What_is_dearer_is_said_to_be()
    {
        Assert.Contains("| `async-c64` | CPU per request | 15 | 1.10 | 1.10..1.10 | **no** |", Compare([.. Enumerable.Repeat(11.0, 15)]));
        Assert.Contains("| `async-c64` | CPU per request | 5 | 1.10 | – | too few processes |", Compare([.. Enumerable.Repeat(11.0, 5)]));
    }

    [Theory]
    [InlineData(80, 80, "0.80..0.80 | **no** |")]
    [InlineData(96, 110, "0.96..1.10 | undecided |")]
    [InlineData(98, 110, "0.98..1.10 | yes |")]
    public void What_is_judged_by_another_figure_is_compared_by_that_too(double low, double high, string words)
    {
        var rate = EachItsOwn()
            .Add(WorkloadCatalogue.SharedCores, Row.RioInline, WithRate, [.. Enumerable.Repeat(100.0, 15)])
            .Add(WorkloadCatalogue.SharedCores, Row.RioAdaptive, WithRate, [.. Enumerable.Repeat(low, 8), .. Enumerable.Repeat(high, 7)])
            .Results;
        Assert.Contains(AdaptiveComparison.Of(WorkloadCatalogue.All, rate), line =>
            line.StartsWith("| `shared-c256` | requests/s | 15 | ", StringComparison.Ordinal) && line.EndsWith(words, StringComparison.Ordinal));

        static Measurement WithRate(Measurement run, double rate) => run with { RequestsPerSecond = rate };
    }

    [Fact]
    public void Of_the_alternations_that_a_pair_of_processes_has_the_median_counts()
    {
        var results = new ResultsBuilder { ProcessOf = static alternation => (alternation + 2) / 3 }
            .AddCpu(Work, Row.RioInline, [10, 10, 10, 10, 10, 10])
            .AddCpu(Work, Row.RioAdaptive, [10, 11, 30, 9, 13, 1])
            .Results;
        Assert.Equal(new PairedRatios(2, 1.0, Interval: null), results.RatiosOfProcesses(Work, Figure.Cpu, Row.RioAdaptive, Row.RioInline));
    }

    [Fact]
    public void Where_one_of_the_two_was_not_run_nothing_is_said()
    {
        var alone = new ResultsBuilder().AddCpu(Work, Row.RioInline, s_inline).AddCpu(Work, Row.Sockets, s_inline).Results;
        Assert.Empty(AdaptiveComparison.Of(WorkloadCatalogue.All, alone));
    }

    private static IEnumerable<string> Compare(double[] adaptive) => AdaptiveComparison.Of(
        WorkloadCatalogue.All,
        EachItsOwn().AddCpu(Work, Row.RioInline, s_inline).AddCpu(Work, Row.RioAdaptive, adaptive).Results);

    private static ResultsBuilder EachItsOwn() => new() { ProcessOf = static alternation => alternation };
}
