using PlatformBenchmarks;
using PlatformBenchmarks.Control;

var options = new BenchmarkCommandLine().Parse(args, out var exitCode);
if (options is null)
{
    return exitCode;
}

await using var app = BenchmarkHost.Build(options);
using var figures = new TransportFigures();
await app.StartAsync();
Console.WriteLine($"serving {options.Transport} {options.Scheduling} on {string.Join(' ', app.Urls)}");

// Two processes of one program differ by 5 % and more; two servers of one process have the same compiled code and the same heap.
await using var second = options.Second is { } other ? BenchmarkHost.Build(other) : null;
if (second is not null)
{
    await second.StartAsync();
    Console.WriteLine($"serving {options.Transport} {options.SecondScheduling} on {string.Join(' ', second.Urls)}");
}

Console.WriteLine(ControlChannel.Ready);
if (options.Control)
{
    await new ControlChannel(Console.In, Console.Out, figures).RunAsync(app.Lifetime.ApplicationStopping);
    await app.StopAsync();
}
else
{
    await app.WaitForShutdownAsync();
}

return 0;
