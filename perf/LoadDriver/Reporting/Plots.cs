using System.Globalization;
using System.Text;
using LoadDriver.Machine;
using LoadDriver.Measuring;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Reporting;

/// <summary>Draws the plots with gnuplot.</summary>
internal sealed class Plots(Results results, string folder)
{
    private const string Missing = "NaN";

    private static readonly Figure[] s_percentiles = [Figure.P50, Figure.P90, Figure.P99, Figure.P999];

    /// <summary>Draws those for which there are results.</summary>
    /// <returns>The names of the files.</returns>
    public async Task<IReadOnlyList<string>> DrawAsync(CancellationToken ended)
    {
        var scripts = new List<(string File, string? Script)>
        {
            ("cpu.svg", Cpu()),
            ("connections.svg", Connections()),
            ("memory.svg", Memory()),
        };
        foreach (var name in new[] { WorkloadCatalogue.Lone, WorkloadCatalogue.SharedLone, WorkloadCatalogue.FixedRate })
        {
            scripts.Add(($"latency-{name}.svg", Latency(name)));
        }

        var drawn = new List<string>();
        foreach (var (file, script) in scripts)
        {
            if (script is not null)
            {
                await DrawAsync(file, script, ended);
                drawn.Add(file);
            }
        }

        return drawn;
    }

    // Bars of CPU per request as a part of Sockets', for every workload, with their spread.
    private string? Cpu()
    {
        var workloads = results.Measurements
            .Select(run => run.Workload)
            .Distinct()
            .Where(workload => results.Ratio(workload.Name, Figure.Cpu, Row.Sockets, Row.Sockets) is not null)
            .ToList();
        if (workloads.Count == 0)
        {
            return null;
        }

        var rows = Row.All.Where(row => workloads.Exists(workload => results.Of(workload.Name, row).Any())).ToList();
        var script = Start("CPU per request, of Sockets'", 400 + (workloads.Count * 90), 480)
            .Append("set style data histograms\nset style histogram errorbars gap 2 lw 1\nset style fill solid 0.8\n")
            .Append("set bars small\nset xtics rotate by -35\nset yrange [0:*]\nset grid y\nset key outside right top\n$data << END\n");
        foreach (var workload in workloads)
        {
            script.Append(workload.Name);
            foreach (var row in rows)
            {
                var ratio = results.Ratio(workload.Name, Figure.Cpu, row, Row.Sockets);
                script.Append(' ').Append(Number(ratio?.Median)).Append(' ').Append(Number(ratio?.Least)).Append(' ').Append(Number(ratio?.Most));
            }

            script.Append('\n');
        }

        return End(script, rows.Select((row, i) =>
            $"$data using {(3 * i) + 2}:{(3 * i) + 3}:{(3 * i) + 4}:xtic(1) title \"{row.Name}\""));
    }

    private string? Connections()
    {
        var steps = WorkloadCatalogue.Scale.Where(step => results.RowsOf(step.Workload).Count > 0).ToList();
        if (steps.Count < 2)
        {
            return null;
        }

        var rows = results.RowsOf(steps[^1].Workload);
        var script = Start("requests/s by connections, all active", 800, 480)
            .Append("set logscale x 2\nset yrange [0:*]\nset grid\nset key outside right top\nset format y \"%.0f\"\n$data << END\n");
        foreach (var (connections, workload) in steps)
        {
            script.Append(connections);
            foreach (var row in rows)
            {
                script.Append(' ').Append(Number(results.Series(workload, row, Figure.RequestsPerSecond)?.Median));
            }

            script.Append('\n');
        }

        return End(script, rows.Select((row, i) => $"$data using 1:{i + 2} with linespoints title \"{row.Name}\""));
    }

    private string? Memory()
    {
        var rows = results.RowsOf(WorkloadCatalogue.Idle);
        if (rows.Count == 0)
        {
            return null;
        }

        var script = Start("bytes of memory per idle connection", 640, 400)
            .Append("set style data histograms\nset style histogram errorbars gap 1 lw 1\nset style fill solid 0.8\n")
            .Append("set yrange [0:*]\nset grid y\nunset key\n$data << END\n");
        foreach (var row in rows)
        {
            var bytes = results.Series(WorkloadCatalogue.Idle, row, Figure.BytesPerConnection);
            script.Append(CultureInfo.InvariantCulture, $"{row.Name} {Number(bytes?.Median)} {Number(bytes?.Least)} {Number(bytes?.Most)}\n");
        }

        return End(script, ["$data using 2:3:4:xtic(1)"]);
    }

    private string? Latency(string workload)
    {
        var rows = results.RowsOf(workload).Where(row => results.Series(workload, row, Figure.P50) is not null).ToList();
        if (rows.Count == 0)
        {
            return null;
        }

        var script = Start($"latency in µs, {workload}", 800, 480)
            .Append("set logscale y\nset grid y\nset key outside right top\nset xrange [-0.5:3.5]\n$data << END\n");
        foreach (var percentile in s_percentiles)
        {
            script.Append(percentile.Name);
            foreach (var row in rows)
            {
                script.Append(' ').Append(Number(results.Series(workload, row, percentile)?.Median));
            }

            script.Append('\n');
        }

        return End(script, rows.Select((row, i) => $"$data using 0:{i + 2}:xtic(1) with linespoints title \"{row.Name}\""));
    }

    private static StringBuilder Start(string title, int width, int height) => new StringBuilder()
        .Append(CultureInfo.InvariantCulture, $"set terminal svg size {width},{height} background \"white\"\n")
        .Append(CultureInfo.InvariantCulture, $"set title \"{title}\"\nset encoding utf8\n");

    private static string End(StringBuilder script, IEnumerable<string> series) =>
        script.Append("END\nplot ").AppendJoin(", ", series).Append('\n').ToString();

    private static string Number(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? Missing;

    private async Task DrawAsync(string file, string script, CancellationToken ended)
    {
        await using var gnuplot = ChildProcess.Start(Pinning.None, RequiredTool.Gnuplot.Command);
        await gnuplot.Input.WriteAsync($"set output \"{Path.Combine(folder, file)}\"\n{script}".AsMemory(), ended);
        gnuplot.Input.Close();
        await gnuplot.WaitAsync(ended);
        if (gnuplot.LastErrors.Length > 0)
        {
            throw new LoadFailedException($"gnuplot: {gnuplot.LastErrors}");
        }
    }
}
