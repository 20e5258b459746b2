using System.Diagnostics;
using Kestrel.Transport.Rio.SoakTests.Clients;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>
/// A server is started, tormented for a moment and stopped, again and again. Clients may see their connections end from then on, but
/// no wrong byte, and after each stop nothing may be left.
/// </summary>
internal sealed class StopRun(SoakOptions options, int stops)
{
    private const int LongestTorment = 250;

    // Where each kind of action has been under way at several stops by chance alone, if it can be.
    private const int ManyStops = 100;

    // Silent and slow clients keep every stop until then.
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromMilliseconds(300);

    // What comes after it: connections are aborted, and drain. A machine that has other things to do may be given a moment.
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(15);

    private readonly Tally _tally = new();
    private readonly SortedDictionary<string, long> _underWay = new(StringComparer.Ordinal);
    private readonly List<TimeSpan> _times = [];
    private readonly List<string> _problems = [];
    private int _awaited;

    /// <summary>Runs it, prints what there is to say, and gives the exit code.</summary>
    public static async Task<int> RunAsync(SoakOptions options, int stops, CancellationToken cancelled)
    {
        ThreadPool.SetMinThreads(options.Clients, options.Clients);
        Console.WriteLine($"{options.Transport} {options.Scheduling}, {options.Clients} clients, {stops} stops, seed {options.Seed}");
        var run = new StopRun(options, stops);
        for (var stop = 0; stop < stops && run._problems.Count == 0 && !cancelled.IsCancellationRequested; stop++)
        {
            await run.StopOnceAsync(stop, cancelled);
        }

        return await run.ReportAsync();
    }

    private async Task StopOnceAsync(int stop, CancellationToken cancelled)
    {
        var random = new Random(options.Seed + stop);
        await using var server = await SoakServer.StartAsync(options, cancelled);
        using var stopping = new CancellationTokenSource();
        var endPoints = server.EndPoints;
        var clients = Enumerable.Range(0, options.Clients)
            .Select(_ => new SoakClient(endPoints, random.Next(), _tally, stopping: stopping.Token))
            .ToList();
        var running = clients.Select(client => Task.Run(() => client.RunAsync(stopping.Token), CancellationToken.None)).ToList();

        // Connections are opened, busy, idle or half torn down by then, as it comes.
        await Task.Delay(random.Next(LongestTorment), cancelled);
        await stopping.CancelAsync();
        using var giveUp = new CancellationTokenSource(s_shutdownTimeout);
        var start = Stopwatch.GetTimestamp();
        try
        {
            var stopped = server.StopAsync(giveUp.Token);
            AddUnderWay(clients);
            await stopped;
            _times.Add(Stopwatch.GetElapsedTime(start));
            await server.AssertNothingLeftAsync();
        }
        catch (Exception e)
        {
            _problems.Add($"stop {stop}, after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms: {e}");
        }

        await Task.WhenAll(running);
        _awaited += server.Log.HasAwaited ? 1 : 0;
        _problems.AddRange(_tally.Failures.Concat(server.Log.Problems).Select(problem => $"stop {stop}: {problem}"));
        if (_times.Count > stop && _times[stop] > s_longestStop)
        {
            _problems.Add($"stop {stop}: took {_times[stop].TotalMilliseconds:F0} ms");
        }
    }

    private void AddUnderWay(IEnumerable<SoakClient> clients)
    {
        foreach (var action in clients.Select(static client => client.UnderWay).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            _underWay[action] = _underWay.GetValueOrDefault(action) + 1;
        }
    }

    private async Task<int> ReportAsync()
    {
        var never = SoakAction.Names.Where(name => !_underWay.ContainsKey(name)).ToList();
        if (_times.Count >= ManyStops && never.Count > 0)
        {
            _problems.Add($"Never under way when the server was stopped: {string.Join(", ", never)}.");
        }

        foreach (var problem in _problems)
        {
            await Console.Error.WriteLineAsync($"PROBLEM: {problem}");
        }

        // All of them, for whoever puts several runs together.
        Console.WriteLine($"milliseconds: {string.Join(' ', _times.Select(static time => $"{time.TotalMilliseconds:F0}"))}");
        _times.Sort();
        var report = new StopReport(
            options, _times.Count, _tally.Counts, _underWay, Quantile(0.5), Quantile(1), _awaited, _tally.Failed, _problems);
        if (options.Report is { } file)
        {
            await File.WriteAllTextAsync(file.FullName, report.ToJson(), CancellationToken.None);
        }

        Console.WriteLine($"{_times.Count} of {stops} stops, {_tally.Done} actions; a stop took {Quantile(0.5):F0} ms, 95 of 100 at most {Quantile(0.95):F0} ms, the longest {Quantile(1):F0} ms; "
            + $"after {_awaited} of them memory was awaited of handlers; "
            + $"{_underWay.Count} of {SoakAction.Names.Count} kinds of action were under way at one; "
            + $"{_problems.Count} problems");
        return _problems.Count == 0 && _times.Count == stops ? 0 : 1;
    }

    /// <summary>In milliseconds, of times that are in order.</summary>
    private double Quantile(double part)
        => _times.Count == 0 ? 0 : _times[Math.Max((int)Math.Ceiling(part * _times.Count) - 1, 0)].TotalMilliseconds;
}
