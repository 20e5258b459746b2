using System.Globalization;
using System.Text.RegularExpressions;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>Messages on raw TCP connections, each sent when the one before has come back.</summary>
internal sealed partial record EchoLoad(int Connections) : Load
{
    public override IReadOnlyList<RequiredTool> Tools => [];

    public override async Task<LoadResult> RunAsync(Server server, TimeSpan duration, CancellationToken ended)
    {
        if (server is not PlatformServer platform)
        {
            throw new LoadFailedException($"{server.Row.Name} has no echo.");
        }

        await using var echo = ChildProcess.Start(
            server.LoadPinning,
            Repository.ConnectionLoad,
            "echo",
            "--port",
            platform.EchoPort.ToString(CultureInfo.InvariantCulture),
            "--count",
            Connections.ToString(CultureInfo.InvariantCulture),
            "--for",
            Math.Max(1, Math.Round(duration.TotalSeconds)).ToString(CultureInfo.InvariantCulture));

        // All connections have echoed by then, and wait for the word.
        var connected = await echo.Output.ReadLineAsync(ended);
        var before = await platform.ReadFiguresAsync(ended);
        await echo.Input.WriteLineAsync();
        await echo.Input.FlushAsync(ended);
        var result = Parse($"{connected}\n{await echo.Output.ReadLineAsync(ended)}\n{echo.LastErrors}");
        var after = await platform.ReadFiguresAsync(ended);
        await echo.EndAsync();
        return result with { AllocatedBytes = after?.AllocatedBytes - before?.AllocatedBytes };
    }

    public static LoadResult Parse(string output)
    {
        var echoed = Echoed.Match(output);
        return echoed.Success
            ? new LoadResult(
                long.Parse(echoed.Groups["messages"].Value, CultureInfo.InvariantCulture),
                double.Parse(echoed.Groups["seconds"].Value, CultureInfo.InvariantCulture),
                Errors: 0,
                Latency: null)
            : throw new LoadFailedException($"ConnectionLoad gave no figures: {output}");
    }

    [GeneratedRegex(
        "^echoed (?<messages>[0-9]+) messages in (?<seconds>[0-9.]+) s",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Echoed { get; }
}
