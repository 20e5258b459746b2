using System.CommandLine;
using System.Net;
using ConnectionLoad;
using ConnectionLoad.Hostile;

var port = new Option<int>("--port") { Description = "The port on 127.0.0.1.", DefaultValueFactory = _ => 5000 };
var count = new Option<int>("--count") { Description = "How many connections.", DefaultValueFactory = _ => 10_000 };
var atOnce = new Option<int>("--at-once") { Description = "How many are opened at a time.", DefaultValueFactory = _ => 64 };
var seconds = new Option<int>("--seconds") { Description = "The deadline of it all.", DefaultValueFactory = _ => 120 };
var connections = new Option<int>("--connections") { Description = "How many connections.", DefaultValueFactory = _ => 64 };
var depth = new Option<int>("--depth") { Description = "How many requests are in flight on each.", DefaultValueFactory = _ => 1 };
var warmUp = new Option<int>("--warm-up") { Description = "Seconds that are not measured.", DefaultValueFactory = _ => 1 };
var measure = new Option<int>("--measure") { Description = "Seconds that are.", DefaultValueFactory = _ => 10 };
var duration = new Option<int>("--for") { Description = "For how many seconds.", DefaultValueFactory = _ => 5 };
var rate = new Option<int?>("--rate")
{
    Description = "How many bytes, resets or cancelled streams a second, of all connections. Default: as many as the server bears. Silence has none.",
};
foreach (var option in new Option[] { port, count, atOnce, seconds, connections, depth, warmUp, measure, duration, rate })
{
    option.Validators.Add(result =>
    {
        if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var number) && number is < 1 or > 1_000_000)
        {
            result.AddError($"{option.Name} must be from 1 to 1000000.");
        }
    });
}

var idle = new Command("idle", "Opens connections, makes one request on each, holds them until standard input ends, and"
    + " makes another request on each.")
{
    port, count, atOnce, seconds,
};
idle.SetAction((parsed, cancelled) => RunAsync(parsed, cancelled, (server, load, ended) =>
    IdleConnections.RunAsync(server, load, Console.In, ended)));

var cycles = new Command("cycles", "Connects, makes one request and closes, again and again.") { port, count, atOnce, seconds };
cycles.SetAction((parsed, cancelled) => RunAsync(parsed, cancelled, ConnectionCycles.RunAsync));

var requests = new Command("requests", "Makes requests over connections that stay, as fast as they are answered. All requests are"
    + " counted; requests per second and latencies are of the measured time.")
{
    port, connections, depth, warmUp, measure,
};
requests.SetAction((parsed, cancelled) =>
{
    var load = new RequestLoad(
        parsed.GetValue(connections),
        parsed.GetValue(depth),
        TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
        TimeSpan.FromSeconds(parsed.GetValue(measure)));
    return RunUntilAsync(load.Deadline, cancelled, ended => PipelinedRequests.RunAsync(Server(parsed), load, ended));
});

var echo = new Command("echo", "Sends messages to a raw echo, each when the one before has come back, and compares. Begins with a"
    + " line on standard input, and holds the connections until that ends.")
{
    port, count, duration, seconds,
};
echo.SetAction((parsed, cancelled) => RunAsync(parsed, cancelled, (server, load, ended) =>
    EchoMessages.RunAsync(server, load.Count, TimeSpan.FromSeconds(parsed.GetValue(duration)), Console.In, ended)));

var kind = new Option<FloodKind>("--kind") { Description = "Silence, Bytes, Resets or RapidResets (of HTTP/2 streams).", Required = true };
var flood = new Command("flood", "Hostile connections, which come again when the server ends them.") { port, connections, rate, duration, kind };
flood.SetAction((parsed, cancelled) =>
{
    var time = TimeSpan.FromSeconds(parsed.GetValue(duration));
    return RunUntilAsync(2 * time, cancelled, ended => Flood.RunAsync(
        Server(parsed), parsed.GetValue(kind), parsed.GetValue(connections), parsed.GetValue(rate), time, ended));
});

return await new RootCommand("Many connections against a server on this machine.") { idle, cycles, requests, echo, flood }.Parse(args).InvokeAsync();

Task<int> RunAsync(
    ParseResult parsed,
    CancellationToken cancelled,
    Func<IPEndPoint, LoadSize, CancellationToken, Task<bool>> load) =>
    RunUntilAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancelled, ended =>
        load(Server(parsed), new LoadSize(parsed.GetValue(count), parsed.GetValue(atOnce)), ended));

async Task<int> RunUntilAsync(TimeSpan deadline, CancellationToken cancelled, Func<CancellationToken, Task<bool>> load)
{
    using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
    ended.CancelAfter(deadline);
    try
    {
        return await load(ended.Token) ? 0 : 1;
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine($"not done after {deadline.TotalSeconds:F0} s");
        return 1;
    }
}

IPEndPoint Server(ParseResult parsed) => new(IPAddress.Loopback, parsed.GetValue(port));
