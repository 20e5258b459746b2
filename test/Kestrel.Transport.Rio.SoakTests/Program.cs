using System.CommandLine;
using Kestrel.Transport.Rio;
using Kestrel.Transport.Rio.SoakTests;
using Kestrel.Transport.Rio.SoakTests.Termination;

if (args is [ServedProcess.Command, var servedTransport, var servedScheduling])
{
    return await ServedProcess.ServeAsync(Enum.Parse<SoakTransport>(servedTransport), Enum.Parse<ApplicationScheduling>(servedScheduling));
}

var seconds = new Option<int>("--seconds") { Description = "How long the clients go on.", DefaultValueFactory = _ => 60 };
var clients = new Option<int>("--clients") { Description = "How many connections at a time.", DefaultValueFactory = _ => 500 };
var rate = new Option<int?>("--rate") { Description = "How many actions all clients of a long run together begin in a second. Default: as many as there is time for." };
var seed = new Option<int>("--seed") { Description = "The scripts of the clients. Default: another each time.", DefaultValueFactory = _ => Random.Shared.Next() };
var stops = new Option<int>("--stops") { Description = "In place of one long run: so many starts, and stops in the middle of it all.", DefaultValueFactory = _ => 0 };
var terminations = new Option<int>("--terminations") { Description = "In place of it: so often, a server process of each kind under busy connections is sent SIGTERM.", DefaultValueFactory = _ => 0 };
var transport = new Option<SoakTransport>("--transport") { Description = "Rio, or Sockets as the control.", DefaultValueFactory = _ => SoakTransport.Rio };
var scheduling = new Option<ApplicationScheduling>("--scheduling") { Description = "Where the handlers run.", DefaultValueFactory = _ => ApplicationScheduling.Adaptive };
var unverified = new Option<bool>("--unverified") { Description = "Without the verifier between transport and provider: faster, and sees less." };
var traced = new Option<bool>("--trace-rents") { Description = "The verifier keeps where each block was rented, and says it of one that is left. A stop takes 30 to 80 ms longer by that." };
var returned = new Option<ReturnedMemory>("--returned-memory") { Description = "What is done with returned memory: Kept, Cleared, or Checked for who writes to it.", DefaultValueFactory = _ => ReturnedMemory.Checked };
var report = new Option<FileInfo?>("--report") { Description = "A file for the report, as JSON." };
foreach (var (option, most) in new (Option, int)[] { (seconds, 86_400), (clients, 10_000), (stops, 100_000), (terminations, 10_000), (rate, 1_000_000) })
{
    option.Validators.Add(result =>
    {
        if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var number) && (number < 1 || number > most))
        {
            result.AddError($"{option.Name} must be from 1 to {most}.");
        }
    });
}

var command = new RootCommand(
    "Clients that follow random scripts (short, blocking, computing, waiting, streaming and failing handlers; uploads, slow"
    + " readers, WebSockets, resets and ends in mid-request; HTTP/2 streams, cancelled and not; TLS 1.2 and 1.3, renegotiated, cut in the"
    + " handshake; storms of connections) against a real Kestrel in this process. Every byte that comes is checked. After each of four"
    + " rounds nothing may be left: no connection, request, block or poller's thread; and at the last quiet point no more memory, threads"
    + " and descriptors than at the first.")
{
    seconds, clients, rate, seed, stops, terminations, transport, scheduling, unverified, traced, returned, report,
};
command.SetAction((parsed, cancelled) =>
{
    var options = new SoakOptions
    {
        Seconds = parsed.GetValue(seconds),
        Clients = parsed.GetValue(clients),
        Rate = parsed.GetValue(rate),
        Seed = parsed.GetValue(seed),
        Transport = parsed.GetValue(transport),
        Scheduling = parsed.GetValue(scheduling),
        IsVerified = !parsed.GetValue(unverified),
        TracesRents = parsed.GetValue(traced),
        ReturnedMemory = parsed.GetValue(returned),
        Report = parsed.GetValue(report),
    };
    if (parsed.GetValue(terminations) is > 0 and var rounds)
    {
        return TerminationRun.RunAsync(options, rounds, cancelled);
    }

    return parsed.GetValue(stops) is > 0 and var count
        ? StopRun.RunAsync(options, count, cancelled)
        : SoakRun.RunAsync(options, cancelled);
});
return await command.Parse(args).InvokeAsync();
