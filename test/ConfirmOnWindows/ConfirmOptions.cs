namespace ConfirmOnWindows;

/// <summary>What the command line asked for.</summary>
/// <param name="Out">The report.</param>
/// <param name="Published">A folder with the other programs, published; null to build them.</param>
internal sealed record ConfirmOptions(
    string Out, string? Published, bool Quick, bool SkipSuites, bool SkipQuestions, bool SkipLoad)
{
    /// <summary>Suites and questions are about Windows; the comparison can be made wherever there is registered I/O.</summary>
    public bool RunsAnywhere => SkipSuites && SkipQuestions;
}
