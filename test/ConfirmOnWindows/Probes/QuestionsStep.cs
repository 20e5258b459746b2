using ConfirmOnWindows.Reporting;
using Kestrel.Transport.Rio.Winsock;

namespace ConfirmOnWindows.Probes;

/// <summary>The open questions, one by one.</summary>
internal sealed class QuestionsStep(bool skip) : Step
{
    public override string Title => "Open questions";

    public override string? WhySkipped => skip
        ? "as asked"
        : WinsockProbe.IsAvailable(out _, out _) ? null : "no registered I/O here to be asked";

    public override async Task<StepOutcome> RunAsync(ReportSection section, CancellationToken ended)
    {
        int expected = 0, answered = 0, different = 0;
        section.TableHead("question", "expected", "observed", "");
        foreach (var probe in ProbeList.All)
        {
            var answer = await ProbeRunner.AskAsync(probe, ended);
            var verdict = answer.IsAsExpected switch
            {
                true => "as expected",
                false => "**DIFFERS**",
                null => "answered",
            };
            expected += answer.IsAsExpected == true ? 1 : 0;
            different += answer.IsAsExpected == false ? 1 : 0;
            answered += answer.IsAsExpected is null ? 1 : 0;
            Console.WriteLine($"  {probe.Name}: {verdict.Trim('*')}: {answer.Observed}");
            section.Row($"`{probe.Name}` {probe.Question}", probe.Expected, answer.Observed, verdict);
        }

        var summary = $"{expected} as expected, {different} differ, {answered} answered that were open";
        return different == 0 ? StepOutcome.Done(summary) : StepOutcome.Failed(summary);
    }
}
