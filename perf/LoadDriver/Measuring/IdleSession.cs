using LoadDriver.Loads;
using LoadDriver.Machine;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Measuring;

/// <summary>Measures what a server's resident memory grows by when idle connections are held.</summary>
internal sealed class IdleSession(RunPlan plan, IProgressView progress, Results results)
{
    // Enough to have everything made that is made once.
    private static readonly TimeSpan s_firstRequests = TimeSpan.FromSeconds(1);
    private static readonly WrkLoad s_first = new("/plaintext", 64);

    public async Task RunAsync(IdleWorkload workload, CancellationToken ended)
    {
        for (var alternation = 1; alternation <= plan.Alternations; alternation++)
        {
            foreach (var row in plan.RowsOf(workload))
            {
                progress.Now($"{workload.Name}: {row.Name}, {alternation} of {plan.Alternations}");
                try
                {
                    results.Add(await MeasureAsync(workload, row, alternation, ended));
                }
                catch (Exception failure) when (failure is LoadFailedException or IOException)
                {
                    var sentence = $"{workload.Name}, {row.Name}: {failure.Message}";
                    results.AddFailure(sentence);
                    progress.Note(sentence);
                }
            }
        }
    }

    private static async Task<Measurement> MeasureAsync(IdleWorkload workload, Row row, int alternation, CancellationToken ended)
    {
        await using var server = await Server.StartAsync(row, new ServerShape(ServerProtocol.Http1), ended);
        await s_first.RunAsync(server, s_firstRequests, ended);
        var before = await ResidentAsync(server, ended);
        await using var held = await IdleHold.StartAsync(server, workload.Connections, ended);
        var after = await ResidentAsync(server, ended);
        return new Measurement(workload, row, alternation)
        {
            BytesPerConnection = (double)(after - before) / workload.Connections,
        };
    }

    // Garbage is nobody's: what is compared is what has to be there.
    private static async Task<long> ResidentAsync(Server server, CancellationToken ended)
    {
        await server.CollectAsync(ended);
        return ResidentMemory.OfProcess(server.ProcessId);
    }
}
