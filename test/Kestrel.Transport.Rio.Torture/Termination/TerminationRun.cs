namespace Kestrel.Transport.Rio.Torture.Termination;

/// <summary>
/// A server process under busy connections is sent SIGTERM in the middle of it: Sockets and each scheduling mode in turn, so that
/// what else the machine does hits them alike.
/// </summary>
internal sealed class TerminationRun(TortureOptions options)
{
    private const int Threads = 16;
    private const int AtOnce = 64;
    private const int LongestBusyTime = 1000;

    // .NET's own, which the server is left with.
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longerThanOnSockets = TimeSpan.FromMilliseconds(100);

    private readonly ServerKind[] _kinds =
    [
        new(TortureTransport.Sockets, ApplicationScheduling.ThreadPool),
        new(TortureTransport.Rio, ApplicationScheduling.ThreadPool),
        new(TortureTransport.Rio, ApplicationScheduling.Inline),
        new(TortureTransport.Rio, ApplicationScheduling.Adaptive),
    ];

    /// <summary>Runs it, prints a line for each kind, and gives the exit code.</summary>
    public static async Task<int> RunAsync(TortureOptions options, int rounds, CancellationToken cancelled)
    {
        ThreadPool.SetMinThreads(Threads, Threads);
        Console.WriteLine($"SIGTERM under {options.Clients} busy connections, {rounds} rounds, seed {options.Seed}");
        var run = new TerminationRun(options);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var kind in run._kinds)
            {
                cancelled.ThrowIfCancellationRequested();
                await run.StopOnceAsync(kind, options.Seed + (round * options.Clients), cancelled);
            }
        }

        return run.Report();
    }

    private async Task StopOnceAsync(ServerKind kind, int seed, CancellationToken cancelled)
    {
        using var server = await ServedProcess.StartAsync(kind.Transport, kind.Scheduling, cancelled);
        using var signalled = new CancellationTokenSource();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        deadline.CancelAfter(s_patience);
        var connections = await ConnectAllAsync(server.EndPoint, seed, kind.Counts, signalled.Token, deadline.Token);
        await Task.Delay(new Random(seed).Next(LongestBusyTime), cancelled);

        // First, so that nobody takes an end for one that came before the signal.
        await signalled.CancelAsync();
        var (time, exitCode) = await server.TerminateAsync(deadline.Token);
        kind.Add(time);
        if (exitCode != 0)
        {
            kind.Counts.Add($"the exit code is {exitCode}");
        }

        if (time > s_shutdownTimeout)
        {
            kind.Counts.Add($"the stop took {time.TotalSeconds:F1} s");
        }

        // Nobody is left who could send anything: who does not see an end now would never have.
        await Task.WhenAll(connections);
    }

    /// <summary>All of them, when the last is connected; the first are busy by then.</summary>
    private async Task<List<Task>> ConnectAllAsync(
        IPEndPoint server, int seed, StopCounts counts, CancellationToken signalled, CancellationToken deadline)
    {
        using var atOnce = new SemaphoreSlim(AtOnce);
        var running = new List<Task>(options.Clients);
        for (var client = 0; client < options.Clients; client++)
        {
            await atOnce.WaitAsync(deadline);
            var isConnected = 0;
            var connection = new BusyConnection(server, seed + client, counts, signalled);
            running.Add(Task.Run(
                () => connection.RunAsync(
                    () =>
                    {
                        if (Interlocked.Exchange(ref isConnected, 1) == 0)
                        {
                            atOnce.Release();
                        }
                    },
                    deadline),
                CancellationToken.None));
        }

        for (var left = 0; left < AtOnce; left++)
        {
            await atOnce.WaitAsync(deadline);
        }

        return running;
    }

    private int Report()
    {
        var sockets = _kinds.Single(static kind => kind.Transport == TortureTransport.Sockets);
        var problems = 0;
        foreach (var kind in _kinds)
        {
            if (kind.Median > sockets.Median + s_longerThanOnSockets)
            {
                kind.Counts.Add($"a stop takes more than {s_longerThanOnSockets.TotalMilliseconds:F0} ms longer than on Sockets");
            }

            // Every handler ends well within the time of a stop, so nothing that has begun to be answered may end before its end.
            if (kind.Counts.UnderWay(AnswerEnd.Cut) is > 0 and var cut)
            {
                kind.Counts.Add($"{cut} answers were cut");
            }

            Console.WriteLine(kind);
            foreach (var problem in kind.Counts.Problems)
            {
                problems++;
                Console.Error.WriteLine($"PROBLEM: {kind.Name}: {problem}");
            }
        }

        return problems == 0 ? 0 : 1;
    }
}
