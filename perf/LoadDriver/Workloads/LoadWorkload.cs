using LoadDriver.Loads;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Workloads;

/// <summary>Load on warm servers, which live through all alternations.</summary>
/// <param name="Family">Workloads of one family and shape share the processes of their servers.</param>
internal sealed record LoadWorkload(string Name, string Title, string Family, Load Load) : Workload(Name, Title)
{
    public ServerShape Shape { get; init; } = new(ServerProtocol.Http1);

    /// <summary>Whether system calls are counted, in a run of their own.</summary>
    public bool CountSystemCalls { get; init; } = true;

    public override IReadOnlyList<RequiredTool> Tools => Load.Tools;
}
