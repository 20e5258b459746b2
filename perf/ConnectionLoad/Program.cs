using System.CommandLine;
using System.Net;
using ConnectionLoad;

var port = new Option<int>("--port") { Description = "The port on 127.0.0.1.", DefaultValueFactory = _ => 5000 };
var count = new Option<int>("--count") { Description = "How many connections.", DefaultValueFactory = _ => 10_000 };
var atOnce = new Option<int>("--at-once") { Description = "How many are opened at a time.", DefaultValueFactory = _ => 64 };
var seconds = new Option<int>("--seconds") { Description = "The deadline of it all.", DefaultValueFactory = _ => 120 };
var duration = new Option<int>("--for") { Description = "For how many seconds.", DefaultValueFactory = _ => 5 };
foreach (var option in new[] { port, count, atOnce, seconds, duration })
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

var echo = new Command("echo", "Sends messages to a raw echo, each when the one before has come back, and compares. Begins with a"
    + " line on standard input, and holds the connections until that ends.")
{
    port, count, duration, seconds,
};
echo.SetAction((parsed, cancelled) => RunAsync(parsed, cancelled, (server, load, ended) =>
    EchoMessages.RunAsync(server, load.Count, TimeSpan.FromSeconds(parsed.GetValue(duration)), Console.In, ended)));

return await new RootCommand("Many connections against a server on this machine.") { idle, cycles, echo }.Parse(args).InvokeAsync();

async Task<int> RunAsync(
    ParseResult parsed,
    CancellationToken cancelled,
    Func<IPEndPoint, LoadSize, CancellationToken, Task<bool>> load)
{
    using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
    ended.CancelAfter(TimeSpan.FromSeconds(parsed.GetValue(seconds)));
    try
    {
        var size = new LoadSize(parsed.GetValue(count), parsed.GetValue(atOnce));
        return await load(new IPEndPoint(IPAddress.Loopback, parsed.GetValue(port)), size, ended.Token) ? 0 : 1;
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine($"not done after {parsed.GetValue(seconds)} s");
        return 1;
    }
}
