using System.Globalization;
using System.Text.RegularExpressions;
using LoadDriver.Machine;

namespace LoadDriver.Loads;

/// <summary>Reads the summary that <c>h2load</c> prints at its end.</summary>
internal static partial class H2LoadOutput
{
    private const int MatchTimeout = 1000;

    public static LoadResult Parse(string output)
    {
        var finished = Finished.Match(output);
        var requests = Requests.Match(output);
        if (!finished.Success || !requests.Success)
        {
            throw new LoadFailedException($"h2load gave no figures: {output}");
        }

        // What was under way when the time was over is neither done nor failed.
        return new LoadResult(
            Number(requests, "succeeded"),
            double.Parse(finished.Groups["time"].Value, CultureInfo.InvariantCulture) * Scale(finished.Groups["unit"].Value),
            Number(requests, "failed") + Number(requests, "errored") + Number(requests, "timeout"),
            Latency: null);
    }

    [GeneratedRegex(
        "^finished in (?<time>[0-9.]+)(?<unit>us|ms|s|m),",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        MatchTimeout)]
    private static partial Regex Finished { get; }

    [GeneratedRegex(
        "^requests: [0-9]+ total, [0-9]+ started, [0-9]+ done, (?<succeeded>[0-9]+) succeeded, (?<failed>[0-9]+) failed,"
        + " (?<errored>[0-9]+) errored, (?<timeout>[0-9]+) timeout",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        MatchTimeout)]
    private static partial Regex Requests { get; }

    private static long Number(Match match, string group) =>
        long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static double Scale(string unit) => unit switch
    {
        "us" => 1e-6,
        "ms" => 1e-3,
        "m" => 60,
        _ => 1,
    };
}
