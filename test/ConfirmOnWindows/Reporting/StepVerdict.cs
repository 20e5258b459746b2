namespace ConfirmOnWindows.Reporting;

/// <summary>How a step came out.</summary>
internal enum StepVerdict
{
    Done,
    Skipped,

    /// <summary>Something failed, or is not as expected.</summary>
    Failed,
}
