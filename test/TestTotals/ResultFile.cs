using System.Xml.Linq;

namespace TestTotals;

/// <summary>A TRX file.</summary>
internal sealed class ResultFile
{
    private readonly XElement _root;

    private ResultFile(string name, XElement root)
    {
        Name = name;
        _root = root;
        Results = [.. Elements(root, "UnitTestResult").Select(Read)];
    }

    /// <summary>The file name without its extension.</summary>
    public string Name { get; }

    public IReadOnlyList<TestResult> Results { get; }

    /// <summary>How many results the file says that it holds; null where it does not say.</summary>
    public int? SaidTotal => (int?)Elements(_root, "Counters").FirstOrDefault()?.Attribute("total");

    public bool SaysFailed => Elements(_root, "ResultSummary").Any(static summary => (string?)summary.Attribute("outcome") is "Failed");

    /// <summary>Whether a test was run, and not only skipped.</summary>
    public bool RanTest => Results.Any(static result => !result.WasSkipped);

    /// <summary>What failed outside of a test, in a fixture for example.</summary>
    public string ErrorsOutsideOfTests
        => string.Join(' ', Elements(_root, "RunInfo").Where(static info => (string?)info.Attribute("outcome") is "Error").Select(static info => info.Value.Trim()));

    /// <exception cref="System.Xml.XmlException">The file is no XML, because its writer was killed for example.</exception>
    public static ResultFile Read(string path) => new(Path.GetFileNameWithoutExtension(path), XDocument.Load(path).Root!);

    /// <summary>Whether the file has the results of an assembly.</summary>
    public bool IsOf(string assembly) => _root.Descendants().Attributes()
        .Any(attribute => attribute.Name.LocalName is "codeBase" or "storage" && IsPathOf(attribute.Value, assembly));

    private static bool IsPathOf(string path, string assembly)
        => string.Equals(path[(path.LastIndexOfAny(['/', '\\']) + 1)..], $"{assembly}.dll", StringComparison.OrdinalIgnoreCase);

    private static TestResult Read(XElement result)
    {
        var outcome = (string?)result.Attribute("outcome");

        // The runner of xUnit itself gives the reason of a skip as output.
        var reason = Elements(result, "Message").FirstOrDefault()
            ?? (outcome is "NotExecuted" ? Elements(result, "StdOut").FirstOrDefault() : null);
        return new TestResult((string?)result.Attribute("testName") ?? "", outcome, InOneLine(reason?.Value ?? ""));
    }

    private static string InOneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<XElement> Elements(XElement root, string name) => root.Descendants().Where(element => string.Equals(element.Name.LocalName, name, StringComparison.Ordinal));
}
