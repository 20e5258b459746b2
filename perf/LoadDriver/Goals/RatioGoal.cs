using LoadDriver.Measuring;
using LoadDriver.Servers;

namespace LoadDriver.Goals;

/// <summary>A figure of ours as a part of another row's.</summary>
internal sealed record RatioGoal(string Work, string Workload, Figure Ratio, Row Against, double Must, double Want)
    : Goal(Work, $"{Ratio.Name} / {Against.Name}", Must, Want)
{
    public override bool MoreIsBetter => Ratio.MoreIsBetter;

    protected override Series? Measure(Results results, Row mode) => results.Ratio(Workload, Ratio, mode, Against);
}
