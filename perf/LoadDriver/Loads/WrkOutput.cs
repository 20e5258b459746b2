using System.Globalization;
using LoadDriver.Machine;

namespace LoadDriver.Loads;

/// <summary>Reads the line of figures that <c>wrk.lua</c> has <c>wrk</c> print at its end.</summary>
internal static class WrkOutput
{
    private const string Mark = "figures ";
    private const double MicrosecondsPerSecond = 1e6;

    public static LoadResult Parse(string output)
    {
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal))
            ?? throw new LoadFailedException($"wrk gave no figures: {output}");
        var figures = line[Mark.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        return new LoadResult(
            figures["requests"],
            figures["microseconds"] / MicrosecondsPerSecond,
            figures["connect"] + figures["read"] + figures["write"] + figures["status"] + figures["timeout"],
            new Latency(Percentile("p50"), Percentile("p90"), Percentile("p99"), Percentile("p99.9")))
        {
            MiddleRate = figures["rate"],
        };

        // wrk corrects for requests that it could not make while it waited, and now and then its own count of them misleads
        // it: then it answers 0.
        double? Percentile(string name) => figures[name] == 0 ? null : figures[name];
    }
}
