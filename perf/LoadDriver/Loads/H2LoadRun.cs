using System.Globalization;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>One run of <c>h2load</c> with one thread, and its log of requests where the percentiles are.</summary>
internal static class H2LoadRun
{
    public static async Task<LoadResult> RunAsync(
        Server server,
        string path,
        int connections,
        TimeSpan duration,
        IEnumerable<string> options,
        CancellationToken ended)
    {
        var log = Path.GetTempFileName();
        try
        {
            var output = await ChildProcess.RunAsync(
                server.LoadPinning,
                RequiredTool.H2Load.Command,
                [
                    "-t1",
                    $"-c{connections}",
                    $"-D{Math.Max(1, duration.TotalSeconds).ToString(CultureInfo.InvariantCulture)}",
                    $"--log-file={log}",
                    .. options,
                    server.Url(path),
                ],
                ended);
            return H2LoadOutput.Parse(output) with { Latency = await H2LoadLog.PercentilesAsync(File.ReadLinesAsync(log, ended)) };
        }
        finally
        {
            File.Delete(log);
        }
    }
}
