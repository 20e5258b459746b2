using System.Globalization;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>
/// Requests at a fixed rate for all: a part of the most that Sockets can serve, which is measured first. At a server's own
/// limit a percentile of latency only says how many connections there were.
/// </summary>
internal sealed record FixedRateLoad(string Path, int Connections, double PartOfMost) : Load
{
    private static readonly TimeSpan s_findingOut = TimeSpan.FromSeconds(3);

    private double? _rate;

    public override IReadOnlyList<RequiredTool> Tools => [RequiredTool.Wrk, RequiredTool.H2Load];

    public override async Task PrepareAsync(IReadOnlyList<Server> servers, CancellationToken ended)
    {
        var sockets = servers.FirstOrDefault(server => server.Row == Row.Sockets)
            ?? throw new LoadFailedException("A fixed rate needs the row sockets, of which it is a part.");
        var most = await new WrkLoad(Path, Connections).RunAsync(sockets, s_findingOut, ended);
        _rate = most.RequestsPerSecond * PartOfMost;
    }

    public override Task<LoadResult> RunAsync(Server server, TimeSpan duration, CancellationToken ended)
    {
        // The warm-up comes before the rate is known, and goes as fast as it can.
        string[] rate = _rate is { } known
            ? ["--rps", (known / Connections).ToString("F3", CultureInfo.InvariantCulture)]
            : [];
        return H2LoadRun.RunAsync(server, Path, Connections, duration, ["--h1", "-m1", .. rate], ended);
    }
}
