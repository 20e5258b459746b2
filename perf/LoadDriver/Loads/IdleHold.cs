using System.Globalization;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>Connections that have each made one request and are then held, by <c>perf/ConnectionLoad</c>.</summary>
internal sealed class IdleHold : IAsyncDisposable
{
    private const int Deadline = 60;

    private readonly ChildProcess _process;

    private IdleHold(ChildProcess process) => _process = process;

    public static async Task<IdleHold> StartAsync(Server server, int connections, CancellationToken ended)
    {
        var process = ChildProcess.Start(
            server.LoadPinning,
            Repository.ConnectionLoad,
            "idle",
            "--port",
            server.Port.ToString(CultureInfo.InvariantCulture),
            "--count",
            connections.ToString(CultureInfo.InvariantCulture),
            "--seconds",
            Deadline.ToString(CultureInfo.InvariantCulture));
        var line = await process.Output.ReadLineAsync(ended);
        if (!string.Equals(line, $"idle connections held: {connections} of {connections}, 0 failed", StringComparison.Ordinal))
        {
            await process.DisposeAsync();
            throw new LoadFailedException($"{server.Row.Name} does not hold {connections} connections: {line}");
        }

        return new IdleHold(process);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.EndAsync();
        await _process.DisposeAsync();
    }
}
