using System.Xml.Linq;

namespace TestTotals;

/// <summary>The projects of a folder that hold tests.</summary>
internal static class TestProjects
{
    /// <summary>The names of the projects in the folders of <paramref name="root"/>, without those that say that they hold no tests.</summary>
    public static IReadOnlyList<string> Find(string root) =>
        [.. Directory.GetDirectories(root)
            .SelectMany(static folder => Directory.GetFiles(folder, "*.csproj"))
            .Where(static project => !SaysNo(project))
            .Select(static project => Path.GetFileNameWithoutExtension(project)!)
            .Order(StringComparer.Ordinal)];

    private static bool SaysNo(string project)
        => XDocument.Load(project).Descendants("IsTestProject").Any(static element => element.Value is "false");
}
