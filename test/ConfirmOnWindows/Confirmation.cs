using ConfirmOnWindows.Load;
using ConfirmOnWindows.Probes;
using ConfirmOnWindows.Reporting;
using ConfirmOnWindows.Suites;

namespace ConfirmOnWindows;

/// <summary>All steps, one after the other. One that fails is reported, and the next goes on.</summary>
internal static class Confirmation
{
    private const string ResultsFolder = "test-results";

    /// <returns>Whether nothing failed or differs.</returns>
    public static async Task<bool> RunAsync(ConfirmOptions options, CancellationToken ended)
    {
        var report = new Report(options.Out);
        var programs = new Programs(options.Published);
        var results = Path.Combine(Path.GetDirectoryName(report.Path)!, ResultsFolder);
        Step[] steps =
        [
            new MachineStep(),
            new QuestionsStep(options.SkipQuestions),
            new SuitesStep(programs, results, options.SkipSuites),
            new LoadStep(programs, options.Quick ? LoadPlan.Quick : LoadPlan.Full, options.SkipLoad),
        ];
        foreach (var step in steps)
        {
            Console.WriteLine($"{DateTime.Now:HH:mm:ss} {step.Title}");
            var section = report.Begin(step.Title);
            section.Outcome = await RunAsync(step, section, ended);
            Console.WriteLine($"  {section.Outcome.Verdict}: {section.Outcome.Summary}");
            report.Write();
        }

        Console.WriteLine($"The report is in {report.Path}");
        return !report.HasFailure;
    }

    private static async Task<StepOutcome> RunAsync(Step step, ReportSection section, CancellationToken ended)
    {
        if (step.WhySkipped is { } reason)
        {
            section.Line($"Skipped: {reason}.");
            return StepOutcome.Skipped(reason);
        }

        try
        {
            return await step.RunAsync(section, ended);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            section.Line("It broke off:");
            section.Output(e.ToString());
            return StepOutcome.Failed(e.Message.ReplaceLineEndings(" "));
        }
    }
}
