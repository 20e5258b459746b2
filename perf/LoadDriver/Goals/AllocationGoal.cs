using LoadDriver.Measuring;
using LoadDriver.Servers;

namespace LoadDriver.Goals;

/// <summary>What is allocated for a message where there is only the transport: an echo without HTTP.</summary>
internal sealed record AllocationGoal(string Work, string Workload, double Must, double Want)
    : Goal(Work, "bytes allocated by the transport per request, steady state", Must, Want)
{
    // The runtime allocates a little now and then for itself; an allocation in every request is 24 bytes at the least.
    private const double Negligible = 0.5;

    protected override Series? Measure(Results results, Row mode) =>
        results.Series(Workload, mode, Measuring.Figure.Allocated);

    protected override bool Reaches(double value, double level) => value <= level + Negligible;
}
