using ConfirmOnWindows.Reporting;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Hosting;

namespace ConfirmOnWindows.Load;

/// <summary>The sample on registered I/O and on Sockets, in turn, under the same load.</summary>
internal sealed class LoadStep(Programs programs, LoadPlan plan, bool skip) : Step
{
    private const string Rio = "rio";
    private const string Sockets = "sockets";

    public override string Title => "Registered I/O and Sockets, side by side";

    public override string? WhySkipped
    {
        get
        {
            if (skip)
            {
                return "as asked";
            }

            var isAvailable = RegisteredIoProvider.TryCreate(out var io, out _);
            io?.Dispose();
            return isAvailable ? null : "no registered I/O here to be compared";
        }
    }

    public override async Task<StepOutcome> RunAsync(ReportSection section, CancellationToken ended)
    {
        var server = await programs.GetAsync("samples/HelloRio", ended);
        var load = new LoadGenerator(await programs.GetAsync("perf/ConnectionLoad", ended));
        var measurements = new List<Measurement>();
        for (var round = 0; round < plan.Rounds; round++)
        {
            // Who begins has the cooler machine, so they take turns in that too.
            string[] transports = round % 2 == 0 ? [Rio, Sockets] : [Sockets, Rio];
            foreach (var transport in transports)
            {
                await MeasureAsync(server, transport, load, measurements, ended);
            }
        }

        section.Line($"`/plaintext` of the sample, {LoadPlan.Connections} connections in a closed loop, both transports with their defaults; "
            + $"{plan.Rounds} rounds in turn, each with a server of its own that was warmed up for {plan.WarmUp.TotalSeconds} s, "
            + $"{plan.Measure.TotalSeconds} s each; medians, with the least and the most. CPU is the server's process alone, user and system. "
            + "Requests per second and latencies are also the load generator's, which shares the machine: compare the CPU.\n");
        section.TableHead("depth:", "transport", "CPU µs per request:", "requests/s:", "p50 µs:", "p99 µs:");
        var conclusions = new List<string>();
        foreach (var depth in LoadPlan.Depths)
        {
            var (rio, sockets) = (Row(section, measurements, Rio, depth), Row(section, measurements, Sockets, depth));
            conclusions.Add(Conclude(depth, rio, sockets));
        }

        section.Line("");
        conclusions.ForEach(conclusion => section.Line($"- {conclusion}"));
        return StepOutcome.Done(string.Join("; ", conclusions));
    }

    private static Spread Row(ReportSection section, List<Measurement> measurements, string transport, int depth)
    {
        var mine = measurements.FindAll(each => each.Depth == depth && string.Equals(each.Transport, transport, StringComparison.Ordinal));
        var cpu = Spread.Of(mine.Select(each => each.CpuMicroseconds));
        section.Row(
            $"{depth}",
            transport,
            FormattableString.Invariant($"{cpu.Median:F2} ({cpu.Least:F2} to {cpu.Most:F2})"),
            Whole(mine, each => each.RequestsPerSecond),
            Whole(mine, each => each.P50Microseconds),
            Whole(mine, each => each.P99Microseconds));
        return cpu;
    }

    private static string Whole(List<Measurement> measurements, Func<Measurement, double> figure)
    {
        var spread = Spread.Of(measurements.Select(figure));
        return FormattableString.Invariant($"{spread.Median:F0} ({spread.Least:F0} to {spread.Most:F0})");
    }

    private static string Conclude(int depth, Spread rio, Spread sockets) => rio.Overlaps(sockets)
        ? $"depth {depth}: no winner, the difference in CPU is inside the spread"
        : FormattableString.Invariant($"depth {depth}: registered I/O takes {rio.Median / sockets.Median:F2} of the CPU of Sockets");

    private async Task MeasureAsync(
        string program, string transport, LoadGenerator load, List<Measurement> measurements, CancellationToken ended)
    {
        await using var server = await ServerUnderLoad.StartAsync(program, transport, ended);
        foreach (var depth in LoadPlan.Depths)
        {
            await load.RunAsync(server.Port, depth, plan.WarmUp, ended);
            var before = server.ProcessorTime;
            var figures = await load.RunAsync(server.Port, depth, plan.Measure, ended);
            var cpu = server.ProcessorTime - before;
            if (cpu <= TimeSpan.Zero)
            {
                throw new InvalidOperationException("This system does not tell the processor time of another process: nothing to compare.");
            }

            var measurement = new Measurement(
                transport, depth, cpu.TotalMicroseconds / figures["requests"], figures["requests/s"], figures["p50 us"], figures["p99 us"]);
            measurements.Add(measurement);
            Console.WriteLine(FormattableString.Invariant(
                $"  {server.Provider}, depth {depth}: {measurement.CpuMicroseconds:F2} µs, {measurement.RequestsPerSecond:F0} requests/s"));
        }
    }
}
