using System.Globalization;
using System.Xml.Linq;

namespace ConfirmOnWindows.Suites;

/// <summary>Reads what a test run has left.</summary>
internal static class TrxFile
{
    private static readonly XNamespace s_trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <exception cref="InvalidDataException">The file does not hold as many results as it says.</exception>
    public static IReadOnlyList<TestResult> Read(string path)
    {
        var document = XDocument.Load(path);
        var results = document.Descendants(s_trx + "UnitTestResult").Select(result => new TestResult(
            (string?)result.Attribute("testName") ?? "",
            (string?)result.Attribute("outcome") ?? "no outcome",
            Reason(result))).ToList();
        var total = (string?)document.Descendants(s_trx + "Counters").FirstOrDefault()?.Attribute("total");
        return string.Equals(total, results.Count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            ? results
            : throw new InvalidDataException($"{path} says there are {total ?? "no"} results, and holds {results.Count}.");
    }

    /// <summary>Why it failed is its message; why it was skipped is that too by the test platform, and output by xUnit itself.</summary>
    private static string Reason(XElement result)
        => (result.Descendants(s_trx + "Message").FirstOrDefault() ?? result.Descendants(s_trx + "StdOut").FirstOrDefault())?.Value.Trim() ?? "";
}
