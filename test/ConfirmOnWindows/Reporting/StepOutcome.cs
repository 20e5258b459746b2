namespace ConfirmOnWindows.Reporting;

/// <summary>How a step came out, in a line.</summary>
internal sealed record StepOutcome(StepVerdict Verdict, string Summary)
{
    public static StepOutcome Done(string summary) => new(StepVerdict.Done, summary);

    public static StepOutcome Skipped(string reason) => new(StepVerdict.Skipped, reason);

    public static StepOutcome Failed(string summary) => new(StepVerdict.Failed, summary);
}
