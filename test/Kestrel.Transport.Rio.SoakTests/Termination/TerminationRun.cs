using Kestrel.Transport.Rio.SoakTests.Scripts;

namespace Kestrel.Transport.Rio.SoakTests.Termination;

/// <summary>
/// A server process under busy connections is sent SIGTERM in the middle of it: Sockets and each scheduling mode in turn, so that
/// what else the machine does hits them alike.
/// </summary>
internal sealed class TerminationRun(SoakOptions options)
{
    private const int Threads = 16;
    private const int AtOnce = 64;
    private const int LongestBusyTime = 1000;

    // Beside the busy connections, one to so many of them.
    private const int ClientsToAnHttpClient = 10;

    // .NET's own, which the server is left with.
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longerThanOnSockets = TimeSpan.FromMilliseconds(100);

    private readonly ServerKind[] _kinds =
    [
        new(SoakTransport.Sockets, ApplicationScheduling.ThreadPool),
        new(SoakTransport.Rio, ApplicationScheduling.ThreadPool),
        new(SoakTransport.Rio, ApplicationScheduling.Inline),
        new(SoakTransport.Rio, ApplicationScheduling.Adaptive),
    ];

    /// <summary>Runs it, prints a line for each kind, and gives the exit code.</summary>
    public static async Task<int> RunAsync(SoakOptions options, int rounds, CancellationToken cancelled)
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
        var connections = await ConnectAllAsync(server, seed, kind, signalled.Token, deadline.Token);
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
        ServedProcess server, int seed, ServerKind kind, CancellationToken signalled, CancellationToken deadline)
    {
        using var atOnce = new SemaphoreSlim(AtOnce);
        var running = new List<Task>(options.Clients);
        for (var client = 0; client < options.Clients; client++)
        {
            var connection = new BusyConnection(server.EndPoints.Http1, seed + client, kind.Counts, signalled);
            running.Add(await StartAsync(connection.RunAsync, atOnce, deadline));
            if (client % ClientsToAnHttpClient == 0)
            {
                var http = new BusyHttpClient(
                    server.EndPoints, server.Certificate, seed + (client / ClientsToAnHttpClient), kind.HttpClientCounts, signalled);
                running.Add(await StartAsync(http.RunAsync, atOnce, deadline));
            }
        }

        for (var left = 0; left < AtOnce; left++)
        {
            await atOnce.WaitAsync(deadline);
        }

        return running;
    }

    /// <summary>Starts one, when so few are connecting that there is room for it.</summary>
    private static async Task<Task> StartAsync(
        Func<Action, CancellationToken, Task> run, SemaphoreSlim atOnce, CancellationToken deadline)
    {
        await atOnce.WaitAsync(deadline);
        var isConnected = 0;
        return Task.Run(
            () => run(
                () =>
                {
                    if (Interlocked.Exchange(ref isConnected, 1) == 0)
                    {
                        atOnce.Release();
                    }
                },
                deadline),
            CancellationToken.None);
    }

    private int Report()
    {
        var sockets = _kinds.Single(static kind => kind.Transport == SoakTransport.Sockets);
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

            // A request that is on its way when an idle connection is ended may be left without an answer. Where Sockets, in the same
            // run, has none of these there may be none; and where it has some, that scatters.
            var unanswered = kind.Counts.UnderWay(AnswerEnd.Unanswered);
            if (unanswered > MostUnanswered(sockets))
            {
                kind.Counts.Add($"{unanswered} requests were left without an answer, and {sockets.Counts.UnderWay(AnswerEnd.Unanswered)} on Sockets");
            }

            Console.WriteLine(kind);
            foreach (var problem in kind.Problems)
            {
                problems++;
                Console.Error.WriteLine($"PROBLEM: {kind.Name}: {problem}");
            }
        }

        return problems == 0 ? 0 : 1;
    }

    private static long MostUnanswered(ServerKind sockets) => 2 * sockets.Counts.UnderWay(AnswerEnd.Unanswered);
}
