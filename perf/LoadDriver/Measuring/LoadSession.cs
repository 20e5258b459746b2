using LoadDriver.Machine;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Measuring;

/// <summary>The workloads that share servers: all are started, warmed up, and then measured in turn.</summary>
internal sealed class LoadSession(RunPlan plan, IProgressView progress, Results results, ServerShape shape, int process)
{
    private readonly List<Server> _servers = [];
    private readonly HashSet<Server> _warm = [];

    public async Task RunAsync(IReadOnlyList<LoadWorkload> workloads, CancellationToken ended)
    {
        try
        {
            foreach (var row in plan.RowsOf(workloads))
            {
                progress.Now($"starting {row.Name}");
                await TryAsync(workloads[0], row, server: null, async () => _servers.Add(await Server.StartAsync(row, shape, ended)));
            }

            foreach (var workload in workloads)
            {
                await RunAsync(workload, ended);
            }
        }
        finally
        {
            foreach (var server in _servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private async Task RunAsync(LoadWorkload workload, CancellationToken ended)
    {
        // What one still has to compile it compiles while the next is warmed up.
        await ForEachAsync(workload, server => WarmUpAsync(workload, server, ended), backwards: process % 2 == 0);
        try
        {
            await workload.Load.PrepareAsync(_servers, ended);
        }
        catch (LoadFailedException impossible)
        {
            Fail($"{workload.Name}: {impossible.Message}");
            return;
        }

        foreach (var alternation in plan.AlternationsOf(process))
        {
            await ForEachAsync(workload, async server =>
            {
                progress.Now($"{workload.Name}: {server.Row.Name}, {alternation} of {plan.Alternations}");
                results.Add(await MeasureAsync(workload, server, alternation, ended) with { Process = process });
            }, backwards: alternation % 2 == 0);
        }

        if (plan.CountsSystemCalls && workload.CountSystemCalls && process == plan.Processes)
        {
            await ForEachAsync(workload, async server =>
            {
                progress.Now($"{workload.Name}: system calls of {server.Row.Name}");
                if (await SystemCallCount.PerRequestAsync(workload.Load, server, ended) is { } perRequest)
                {
                    results.AddSystemCalls(workload, server.Row, perRequest);
                }
            });
        }
    }

    private async Task WarmUpAsync(LoadWorkload workload, Server server, CancellationToken ended)
    {
        var duration = plan.WarmUpOf(workload, server.Row, isFirst: _warm.Add(server));
        progress.Now($"{workload.Name}: warming up {server.Row.Name}");
        await workload.Load.RunAsync(server, duration, ended);
    }

    private async Task<Measurement> MeasureAsync(LoadWorkload workload, Server server, int alternation, CancellationToken ended)
    {
        var figuresBefore = await server.ReadFiguresAsync(ended);
        var noise = await NoiseMeter.StartAsync(_servers, ended);
        var cpuBefore = CpuTime.OfProcess(server.ProcessId);

        var load = await workload.Load.RunAsync(server, plan.MeasureOf(workload), ended);

        var cpu = CpuTime.OfProcess(server.ProcessId) - cpuBefore;
        var noiseSeen = noise.Stop();
        var figures = await server.ReadFiguresAsync(ended);
        if (load.Requests == 0 && !workload.MayAnswerNothing)
        {
            throw new LoadFailedException("it answered nothing.");
        }

        var allocated = load.AllocatedBytes ?? figures?.AllocatedBytes - figuresBefore?.AllocatedBytes;
        return Measurement.Of(workload, server.Row, alternation, load, cpu, allocated, noiseSeen);
    }

    /// <param name="workload">What concerns only some of the servers.</param>
    /// <param name="act">What is done with each.</param>
    /// <param name="backwards">Every other time, so that none is always measured behind the same other.</param>
    private async Task ForEachAsync(LoadWorkload workload, Func<Server, Task> act, bool backwards = false)
    {
        var servers = _servers.Where(server => workload.Includes(server.Row)).ToList();
        foreach (var server in backwards ? Enumerable.Reverse(servers) : servers)
        {
            await TryAsync(workload, server.Row, server, () => act(server));
        }
    }

    private async Task TryAsync(Workload workload, Row row, Server? server, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception failure) when (failure is LoadFailedException or IOException)
        {
            Fail($"{workload.Name}, {row.Name}: {failure.Message}");
            if (server is not null)
            {
                // It may be in any state now; what it would measure next could not be trusted.
                _servers.Remove(server);
                await server.DisposeAsync();
            }
        }
    }

    private void Fail(string sentence)
    {
        results.AddFailure(sentence);
        progress.Note(sentence);
    }
}
