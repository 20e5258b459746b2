using System.Globalization;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>As many requests as <c>wrk</c> with one thread can make on so many connections.</summary>
internal sealed record WrkLoad(string Path, int Connections) : Load
{
    // Longer than any handler takes, or waits behind others that sleep for ten seconds: late is no error.
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    /// <summary>Requests in one write.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>A POST with a body of so many bytes; 0 for a GET.</summary>
    public int UploadLength { get; init; }

    /// <summary>A connection for every request.</summary>
    public bool Close { get; init; }

    public override IReadOnlyList<RequiredTool> Tools => [RequiredTool.Wrk];

    public override async Task<LoadResult> RunAsync(Server server, TimeSpan duration, CancellationToken ended)
    {
        List<string> arguments =
        [
            "-t1",
            $"-c{Connections}",
            $"-d{Math.Max(1, Math.Round(duration.TotalSeconds))}",
            "--timeout",
            s_timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            "-s",
            Repository.WrkScript,
            server.Url(Path),
            "--",
            "depth",
            Depth.ToString(CultureInfo.InvariantCulture),
        ];
        if (UploadLength > 0)
        {
            arguments.AddRange(["upload", UploadLength.ToString(CultureInfo.InvariantCulture)]);
        }

        if (Close)
        {
            arguments.Add("close");
        }

        return WrkOutput.Parse(
            await ChildProcess.RunAsync(server.LoadPinning, RequiredTool.Wrk.Command, arguments, ended));
    }
}
