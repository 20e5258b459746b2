using System.Diagnostics;
using Kestrel.Transport.Rio.Torture.Clients;
using Kestrel.Transport.Rio.Torture.Server;

namespace Kestrel.Transport.Rio.Torture;

/// <summary>A run from the first connection to the report.</summary>
internal sealed class TortureRun(TortureOptions options)
{
    private const int Samples = 8;

    // Twice what the figures of the first quarter are: garbage and pools go up and down, a leak only goes up.
    private const double MaxGrowth = 2;

    // Threads that stood by for ten seconds are dismissed, and connections may linger for a moment.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly Tally _tally = new();
    private readonly List<MemorySample> _memory = [];
    private readonly Dictionary<string, long> _figures = new(StringComparer.Ordinal);

    /// <summary>Runs it, prints what there is to say, and gives the exit code.</summary>
    public static async Task<int> RunAsync(TortureOptions options, CancellationToken cancelled)
    {
        var run = new TortureRun(options);
        Console.WriteLine($"{options.Transport} {options.Scheduling}, {options.Clients} clients, {options.Seconds} s, seed {options.Seed}");
        var report = await run.RunAsync(cancelled);
        if (options.Report is { } file)
        {
            await File.WriteAllTextAsync(file.FullName, report.ToJson(), CancellationToken.None);
        }

        foreach (var problem in report.Problems)
        {
            await Console.Error.WriteLineAsync($"PROBLEM: {problem}");
        }

        Console.WriteLine($"{report.Actions.Values.Sum()} actions, {report.Failed} failed, {report.Problems.Count} problems");
        return report.Problems.Count == 0 ? 0 : 1;
    }

    private async Task<TortureReport> RunAsync(CancellationToken cancelled)
    {
        var problems = new List<string>();
        await using (var server = await TortureServer.StartAsync(options, cancelled))
        {
            using var figures = options.Transport == TortureTransport.Rio ? new HostFigures(server.Services) : null;
            var threads = figures?.Read("rio.poller.threads") ?? 0;
            var outstanding = figures?.Read("rio.requests.outstanding") ?? 0;
            await TormentAsync(server.EndPoint, cancelled);
            problems.AddRange(_tally.Failures);
            if (figures is not null)
            {
                problems.AddRange(await LeftoversAsync(figures, threads, outstanding));
                foreach (var name in new[] { "rio.poller.handovers", "rio.work.inline", "rio.work.pooled", "rio.memory.registered" })
                {
                    _figures[name] = figures.Read(name);
                }
            }

            try
            {
                await server.StopAsync();
            }
            catch (Exception e)
            {
                problems.Add($"at the stop: {e}");
            }

            problems.AddRange(server.Log.Problems);
        }

        problems.AddRange(Growth());
        return new TortureReport(
            options.Seed,
            options.Transport.ToString(),
            options.Scheduling.ToString(),
            options.IsVerified,
            options.Seconds,
            options.Clients,
            _tally.Counts,
            _memory,
            _figures,
            _tally.Failed,
            problems);
    }

    private async Task TormentAsync(EndPoint server, CancellationToken cancelled)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        ended.CancelAfter(TimeSpan.FromSeconds(options.Seconds));
        var clients = Enumerable.Range(0, options.Clients)
            .Select(index => Task.Run(() => new TortureClient(server, options.Seed + index, _tally).RunAsync(ended.Token), CancellationToken.None))
            .ToList();

        var start = Stopwatch.GetTimestamp();
        var period = TimeSpan.FromSeconds((double)options.Seconds / Samples);
        using var timer = new PeriodicTimer(period);
        try
        {
            while (await timer.WaitForNextTickAsync(ended.Token))
            {
                var sample = MemorySample.Take(Stopwatch.GetElapsedTime(start));
                _memory.Add(sample);
                Console.WriteLine($"{sample.Seconds,7:0.0} s  {_tally.Done,9} actions  {_tally.Failed} failed  "
                    + $"{sample.ManagedBytes >> 20} MiB managed  {sample.ResidentBytes >> 20} MiB resident  {sample.Threads} threads  {sample.Descriptors} descriptors");
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over, or somebody has had enough.
        }

        await Task.WhenAll(clients);
    }

    /// <summary>What is left of the connections when all of them have ended.</summary>
    private static async Task<List<string>> LeftoversAsync(HostFigures figures, long threads, long outstanding)
    {
        (string Name, long Expected)[] expectations =
        [
            ("rio.connections.active", 0), ("rio.memory.blocks.rented", 0), ("rio.requests.outstanding", outstanding), ("rio.poller.threads", threads),
        ];
        var deadline = Stopwatch.GetTimestamp() + (long)(s_quiet.TotalSeconds * Stopwatch.Frequency);
        List<string> left;
        do
        {
            await Task.Delay(s_look);
            left = [.. expectations
                .Select(expected => (expected, Actual: figures.Read(expected.Name)))
                .Where(static pair => pair.Actual > pair.expected.Expected)
                .Select(static pair => $"{pair.expected.Name} is {pair.Actual} after all connections have ended, and was {pair.expected.Expected} before")];
        }
        while (left.Count > 0 && Stopwatch.GetTimestamp() < deadline);
        return left;
    }

    /// <summary>Memory and descriptors of the last quarter against those of the first.</summary>
    private IEnumerable<string> Growth()
    {
        if (_memory.Count < Samples - 1)
        {
            yield break;
        }

        var quarter = Samples / 4;
        foreach (var (name, of) in new (string, Func<MemorySample, double>)[]
        {
            ("managed memory", static sample => sample.ManagedBytes), ("resident memory", static sample => sample.ResidentBytes),
            ("descriptors", static sample => sample.Descriptors),
        })
        {
            // The first sample is from before everything was compiled and every pool was filled.
            var first = _memory.Skip(1).Take(quarter).Average(of);
            var last = _memory.TakeLast(quarter).Average(of);
            if (last > MaxGrowth * first)
            {
                yield return $"{name} grew from {first:0} to {last:0}";
            }
        }
    }
}
