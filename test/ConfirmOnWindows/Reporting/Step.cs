namespace ConfirmOnWindows.Reporting;

/// <summary>A part of the confirmation, with a section of the report.</summary>
internal abstract class Step
{
    public abstract string Title { get; }

    /// <summary>Why it is not run, or null.</summary>
    public virtual string? WhySkipped => null;

    public abstract Task<StepOutcome> RunAsync(ReportSection section, CancellationToken ended);
}
