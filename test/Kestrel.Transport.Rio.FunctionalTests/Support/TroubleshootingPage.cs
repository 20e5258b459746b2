using System.Text.RegularExpressions;

namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>docs/troubleshooting.md, which has what is said word for word.</summary>
public static partial class TroubleshootingPage
{
    // As the page writes it, whatever the port of a test is.
    private const string EndPoint = "127.0.0.1:5000";

    private static readonly string s_text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Docs", "troubleshooting.md"));

    public static void AssertHas(string message) => Assert.Contains(AnyEndPoint().Replace(message, EndPoint), s_text, StringComparison.Ordinal);

    [GeneratedRegex(@"127\.0\.0\.1:[0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex AnyEndPoint();
}
