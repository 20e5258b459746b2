using HelloRio;

var options = new SampleCommandLine().Parse(args, out var exitCode);
if (options is null)
{
    return exitCode;
}

await using var app = SampleHost.Build(options);
try
{
    await app.StartAsync();
}
catch (Exception cannotStart)
{
    await Console.Error.WriteLineAsync($"HelloRio: {cannotStart.Message}");
    return 1;
}

StartReport.Print(app, options);
await app.WaitForShutdownAsync();
return 0;
