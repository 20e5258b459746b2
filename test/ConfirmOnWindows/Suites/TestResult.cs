namespace ConfirmOnWindows.Suites;

/// <param name="Name">The test.</param>
/// <param name="Outcome">As the TRX file has it.</param>
/// <param name="Message">Why it failed or was skipped.</param>
internal sealed record TestResult(string Name, string Outcome, string Message)
{
    // The reason with which .ci/run lets a test be skipped as well: the machine lacks something, and the reason says what.
    private const string AllowedSkip = "not on this machine:";

    public bool IsPassed => Outcome is "Passed";

    public bool IsSkipped => Outcome is "NotExecuted";

    /// <summary>It did not pass, and no lack of this machine explains it.</summary>
    public bool IsProblem => IsSkipped ? !Message.StartsWith(AllowedSkip, StringComparison.Ordinal) : !IsPassed;
}
