using System.Diagnostics;
using System.Runtime.InteropServices;
using LoadDriver;
using LoadDriver.Machine;
using LoadDriver.Measuring;
using LoadDriver.Reporting;

const int CoresNeeded = 2;
const int Interrupted = 130;

var options = new DriverCommandLine().Parse(args, out var exitCode);
if (options is null)
{
    return exitCode;
}

var plan = options.Plan;
if (options.ListOnly)
{
    PlanList.Print(plan);
    return 0;
}

if (RequiredTool.Missing(RequiredTools.Of(plan)) is { } missing)
{
    return Refuse(missing);
}

if (plan.Workloads.Count == 0)
{
    return Refuse("No workload has such a name; --list shows them.");
}

if (Environment.ProcessorCount < CoresNeeded)
{
    return Refuse("Two processors are needed, one for the server and one for the load.");
}

using var ended = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
try
{
    var started = DateTimeOffset.UtcNow;
    var clock = Stopwatch.StartNew();
    Console.WriteLine($"About {Numerals.Minutes(plan.Estimate)}. Ctrl-C ends it all.");
    var results = await ConsoleProgress.ShowAsync(plan.Estimate, progress => new Session(plan, progress).RunAsync(ended.Token));
    var header = new RunHeader(
        started,
        clock.Elapsed,
        MachineDescription.Read(),
        await MachineDescription.CommitAsync(ended.Token),
        $"perf/run.sh {string.Join(' ', args)}".TrimEnd(),
        plan);
    var report = await ReportWriter.WriteAsync(options.Folder, header, results, ended.Token);
    Console.WriteLine($"{report} ({results.Failures.Count} failed)");
    return results.Failures.Count == 0 ? 0 : 1;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("LoadDriver: ended before it was done; nothing was written.");
    return Interrupted;
}
catch (LoadFailedException failure)
{
    return Refuse(failure.Message);
}
finally
{
    await ChildProcess.EndAllAsync();
}

// The signal is answered here and nowhere else: what was started is ended first, and then this program.
void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    ended.Cancel();
}

static int Refuse(string why)
{
    Console.Error.WriteLine($"LoadDriver: {why}");
    return 1;
}
