namespace TestTotals;

/// <summary>The result of one test.</summary>
/// <param name="Name">The test.</param>
/// <param name="Outcome">The outcome as the file has it; null where it has none.</param>
/// <param name="Reason">Why the test failed or was skipped; empty where the file does not say.</param>
internal sealed record TestResult(string Name, string? Outcome, string Reason)
{
    public bool HasPassed => Outcome is "Passed";

    public bool WasSkipped => Outcome is "NotExecuted";
}
