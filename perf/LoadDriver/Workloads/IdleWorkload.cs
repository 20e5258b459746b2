using LoadDriver.Machine;

namespace LoadDriver.Workloads;

/// <summary>What idle connections hold. Every alternation has processes of its own, because memory remembers.</summary>
internal sealed record IdleWorkload(string Name, string Title, int Connections) : Workload(Name, Title)
{
    public override IReadOnlyList<RequiredTool> Tools => [RequiredTool.Wrk];
}
