using ConfirmOnWindows.Reporting;

namespace ConfirmOnWindows.Suites;

/// <summary>The test programs, each run as the program it is, and the sum of what their TRX files say.</summary>
internal sealed class SuitesStep(Programs programs, string resultsFolder, bool skip) : Step
{
    // A report that is pasted into an issue is read by people.
    private const int MostProblems = 20;

    private static readonly TimeSpan s_suiteDeadline = TimeSpan.FromMinutes(15);

    private static readonly string[] s_suites =
    [
        "test/Kestrel.Transport.Rio.Tests",
        "test/Kestrel.Transport.Rio.WinsockTests",
        "test/Kestrel.Transport.Rio.FunctionalTests",
    ];

    public override string Title => "The suites";

    public override string? WhySkipped => skip ? "as asked" : null;

    public override async Task<StepOutcome> RunAsync(ReportSection section, CancellationToken ended)
    {
        Directory.CreateDirectory(resultsFolder);
        var all = new List<TestResult>();
        var details = new ReportSection("");
        var hasProblem = false;
        section.TableHead("suite", "passed:", "failed:", "skipped:", "");
        foreach (var suite in s_suites)
        {
            var name = Path.GetFileName(suite);
            IReadOnlyList<TestResult> results = [];
            string trouble;
            try
            {
                (results, trouble) = await RunSuiteAsync(suite, details, ended);
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or System.Xml.XmlException)
            {
                trouble = "could not be run";
                details.Line($"{name} could not be run:");
                details.Output(e.Message);
            }

            all.AddRange(results);
            hasProblem |= trouble.Length > 0;
            section.Row(name, $"{Passed(results)}", $"{Failed(results)}", $"{Skipped(results)}", trouble);
            Console.WriteLine($"  {name}: {Totals(results)} {trouble}");
        }

        section.Line($"\n{details.Body}");
        return hasProblem ? StepOutcome.Failed(Totals(all)) : StepOutcome.Done(Totals(all));
    }

    private static int Passed(IEnumerable<TestResult> results) => results.Count(result => result.IsPassed);

    private static int Skipped(IEnumerable<TestResult> results) => results.Count(result => result.IsSkipped);

    private static int Failed(IEnumerable<TestResult> results) => results.Count(result => !result.IsPassed && !result.IsSkipped);

    private static string Totals(IReadOnlyList<TestResult> results)
        => $"{Passed(results)} passed, {Failed(results)} failed, {Skipped(results)} skipped";

    private async Task<(IReadOnlyList<TestResult> Results, string Trouble)> RunSuiteAsync(
        string suite, ReportSection details, CancellationToken ended)
    {
        var name = Path.GetFileName(suite);
        var file = Path.Combine(resultsFolder, $"{name}.trx");
        File.Delete(file);
        var program = await programs.GetAsync(suite, ended);
        var run = await ChildProcess.RunAsync(program, ["-noColor", "-trx", file], s_suiteDeadline, ended);
        await File.WriteAllTextAsync(Path.ChangeExtension(file, ".txt"), run.Output, ended);
        if (!File.Exists(file))
        {
            details.Line($"{name} {run.Ending} and left no results:");
            details.Output(run.Output);
            return ([], run.Ending);
        }

        var results = TrxFile.Read(file);
        Describe(name, results, details);

        // A suite that ran nothing must not pass for one that passed.
        var trouble = results.All(result => result.IsSkipped) ? "ran no test"
            : results.Any(result => result.IsProblem) ? "see below"
            : run.ExitCode != 0 ? run.Ending
            : "";
        return (results, trouble);
    }

    private static void Describe(string name, IReadOnlyList<TestResult> results, ReportSection details)
    {
        var problems = results.Where(result => result.IsProblem).ToList();
        if (problems.Count > MostProblems)
        {
            details.Line($"- {name}: {problems.Count} problems, the first {MostProblems} of them here and all in the TRX file");
        }

        foreach (var result in problems.Take(MostProblems))
        {
            details.Line($"- {name}, {(result.IsSkipped ? "skipped" : "failed")}: `{result.Name}`");
            details.Message(result.Message);
        }

        foreach (var reason in results.Where(result => result is { IsSkipped: true, IsProblem: false })
            .GroupBy(result => result.Message, StringComparer.Ordinal))
        {
            details.Line($"- {name}, {reason.Count()} skipped: {reason.Key}");
        }
    }
}
