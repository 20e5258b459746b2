using System.Globalization;
using System.Text.Json;
using LoadDriver.Machine;

namespace LoadDriver.Servers;

/// <summary>The ASP.NET Core application of <c>perf/PlatformBenchmarks</c>, on our transport or on Sockets.</summary>
internal sealed class PlatformServer : Server
{
    private const string Ready = "ready";

    private PlatformServer(Row row, ServerShape shape, ChildProcess process, int port, int echoPort)
        : base(row, shape, process, port)
    {
        EchoPort = echoPort;
    }

    public int EchoPort { get; }

    public static new async Task<Server> StartAsync(Row row, ServerShape shape, CancellationToken ended)
    {
        var port = Ports.Free();
        var echoPort = Ports.Free();
        var scheme = shape.Protocol == ServerProtocol.Https ? "https" : "http";
        var process = ChildProcess.Start(
            ServerPinning(shape),
            Repository.PlatformBenchmarks,
            "--transport",
            row.Kind.ToString(),
            "--scheduling",
            row.Scheduling.ToString(),
            "--urls",
            $"{scheme}://127.0.0.1:{port}",
            "--protocols",
            shape.Protocol == ServerProtocol.Http2 ? "http2" : "http1",
            "--echo",
            echoPort.ToString(CultureInfo.InvariantCulture),
            "--control");
        var server = new PlatformServer(row, shape, process, port, echoPort);
        await server.WaitUntilReadyAsync(ended);
        return server;
    }

    public override async Task<ServerFigures?> ReadFiguresAsync(CancellationToken ended) =>
        JsonSerializer.Deserialize<ServerFigures>(await AskAsync("figures", ended), JsonSerializerOptions.Web)
            ?? throw new LoadFailedException($"{Row.Name} tells no figures.");

    public override Task CollectAsync(CancellationToken ended) => AskAsync("collect", ended);

    private async Task WaitUntilReadyAsync(CancellationToken ended)
    {
        while (await ReadLineAsync(ended) is not Ready)
        {
            // What it says before is for people.
        }
    }

    private async Task<string> AskAsync(string command, CancellationToken ended)
    {
        await Process.Input.WriteLineAsync(command.AsMemory(), ended);
        await Process.Input.FlushAsync(ended);
        while (true)
        {
            // The log goes to standard output, too.
            var line = await ReadLineAsync(ended);
            if (line.StartsWith('{'))
            {
                return line;
            }
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken ended) =>
        await Process.Output.ReadLineAsync(ended)
            ?? throw new LoadFailedException($"{Row.Name} has ended: {Process.LastErrors}");
}
