using System.Globalization;
using System.Text.RegularExpressions;
using LoadDriver.Loads;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Measuring;

/// <summary>
/// Counts a server's system calls from outside, in a run of its own: with <c>perf stat</c>, which hardly slows it, and
/// where the kernel does not let perf, with <c>strace</c>, which slows it a lot and so makes larger batches.
/// </summary>
internal static partial class SystemCallCount
{
    private const string Event = "raw_syscalls:sys_enter";

    // In seconds: from before the run until after it, whatever the start of the load generator takes.
    private const string Watch = "3.5";

    private static readonly TimeSpan s_run = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_attach = TimeSpan.FromMilliseconds(500);

    private static bool? s_perfWorks;

    /// <summary>Null where neither program works here.</summary>
    public static async Task<double?> PerRequestAsync(Load load, Server server, CancellationToken ended)
    {
        var id = server.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (await PerfWorksAsync(ended))
        {
            string[] perf = [RequiredTool.Perf.Command, "stat", "-x,", "-e", Event, "-p", id, "--", "sleep", Watch];
            return await CountAsync(load, server, ParsePerf, perf, ended);
        }

        string[] strace = ["timeout", "--preserve-status", "-s", "INT", Watch, RequiredTool.Strace.Command, "-c", "-f", "-p", id];
        return RequiredTool.Strace.Find() is null ? null : await CountAsync(load, server, ParseStrace, strace, ended);
    }

    /// <summary>From the comma-separated line of <c>perf stat -x,</c>; null when it is not there.</summary>
    public static long? ParsePerf(string output)
    {
        var line = output.Split('\n').FirstOrDefault(line => line.Contains(Event, StringComparison.Ordinal));
        return long.TryParse(line?.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
    }

    /// <summary>From the last line of the table of <c>strace -c</c>; null when it is not there.</summary>
    public static long? ParseStrace(string output)
    {
        var total = StraceTotal.Match(output);
        return total.Success ? long.Parse(total.Groups["calls"].Value, CultureInfo.InvariantCulture) : null;
    }

    private static async Task<double?> CountAsync(
        Load load,
        Server server,
        Func<string, long?> parse,
        string[] command,
        CancellationToken ended)
    {
        await using var counter = ChildProcess.Start(Pinning.None, command[0], command[1..]);
        await Task.Delay(s_attach, ended);
        var done = await load.RunAsync(server, s_run, ended);
        await counter.WaitAsync(ended);
        return parse(counter.LastErrors) / (double)done.Requests;
    }

    private static async Task<bool> PerfWorksAsync(CancellationToken ended)
    {
        try
        {
            return s_perfWorks ??= RequiredTool.Perf.Find() is not null
                && ParsePerf(await ChildProcess.RunAsync(
                    Pinning.None, RequiredTool.Perf.Command, ["stat", "-x,", "-e", Event, "--", "true"], ended)) > 0;
        }
        catch (LoadFailedException)
        {
            s_perfWorks = false;
            return false;
        }
    }

    // % time, seconds, usecs/call, calls, and where any failed, errors.
    [GeneratedRegex(
        @"^\s*100\.00\s+[0-9.]+\s+[0-9]+\s+(?<calls>[0-9]+)(\s+[0-9]+)?\s+total\s*$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex StraceTotal { get; }
}
