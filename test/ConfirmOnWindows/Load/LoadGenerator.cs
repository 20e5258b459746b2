using System.Globalization;

namespace ConfirmOnWindows.Load;

/// <summary>perf/ConnectionLoad, which is a process of its own so that only the server's time is the server's.</summary>
internal sealed class LoadGenerator(string program)
{
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(60);

    /// <returns>What it found, by name.</returns>
    /// <exception cref="InvalidOperationException">A request failed.</exception>
    public async Task<IReadOnlyDictionary<string, double>> RunAsync(int port, int depth, TimeSpan time, CancellationToken ended)
    {
        string[] arguments =
        [
            "requests", "--port", Text(port), "--connections", Text(LoadPlan.Connections), "--depth", Text(depth), "--measure",
            Text((int)time.TotalSeconds),
        ];
        var result = await ChildProcess.RunAsync(program, arguments, time + s_slack, ended);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"The load generator {result.Ending}: {result.Output}");
        }

        return result.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(": "))
            .ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
