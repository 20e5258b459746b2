using LoadDriver.Measuring;

namespace LoadDriver.Reporting;

/// <summary>Writes everything into the folder of the run.</summary>
internal static class ReportWriter
{
    private const string Report = "report.md";
    private const string Csv = "results.csv";

    /// <returns>The path of the report.</returns>
    public static async Task<string> WriteAsync(string folder, RunHeader header, Results results, CancellationToken ended)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, Csv), CsvReport.Write(results), ended);
        var plots = await new Plots(results, folder).DrawAsync(ended);
        var report = Path.Combine(folder, Report);
        await File.WriteAllTextAsync(report, new MarkdownReport(header, results, plots).Write(), ended);
        return report;
    }
}
