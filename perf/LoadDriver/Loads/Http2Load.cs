using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>As many requests as <c>h2load</c> can make over HTTP/2, on so many connections with so many streams each.</summary>
internal sealed record Http2Load(string Path, int Connections, int Streams) : Load
{
    public override IReadOnlyList<RequiredTool> Tools => [RequiredTool.H2Load];

    public override Task<LoadResult> RunAsync(Server server, TimeSpan duration, CancellationToken ended) =>
        H2LoadRun.RunAsync(server, Path, Connections, duration, [$"-m{Streams}"], ended);
}
