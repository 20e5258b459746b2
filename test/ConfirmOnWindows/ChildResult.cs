namespace ConfirmOnWindows;

/// <param name="ExitCode">Null when the time was over.</param>
/// <param name="Output">What it wrote, errors among it.</param>
internal sealed record ChildResult(int? ExitCode, string Output)
{
    public string Ending => ExitCode is { } code ? $"ended with exit code {code}" : "did not end in time and was killed";
}
