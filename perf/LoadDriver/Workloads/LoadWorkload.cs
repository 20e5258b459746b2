using LoadDriver.Loads;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Workloads;

/// <summary>Load on warm servers, which live through all alternations.</summary>
/// <param name="Family">Workloads of one family and shape share the processes of their servers.</param>
internal sealed record LoadWorkload(string Name, string Title, string Family, Load Load) : Workload(Name, Title)
{
    public ServerShape Shape { get; init; } = new(ServerProtocol.Http1);

    /// <summary>How long a run has to be, whatever the plan says, for its connections to be made early in it.</summary>
    public TimeSpan AtLeast { get; init; }

    /// <summary>
    /// Requests per second are those of the middle of all tenths of a second, so that the time in which the connections are
    /// made does not count.
    /// </summary>
    public bool CountsOnceConnected { get; init; }

    /// <summary>Whether system calls are counted, in a run of their own.</summary>
    public bool CountSystemCalls { get; init; } = true;

    /// <summary>Whether a server that answers nothing at all is a result, and not a failure.</summary>
    public bool MayAnswerNothing { get; init; }

    public override IReadOnlyList<RequiredTool> Tools => Load.Tools;
}
