using System.Reflection;
using System.Text;

namespace ConfirmOnWindows.Reporting;

/// <summary>One Markdown file. It is written anew after each step, so that an end before the end leaves what was found.</summary>
internal sealed class Report(string path)
{
    private readonly List<ReportSection> _sections = [];

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public bool HasFailure => _sections.Exists(section => section.Outcome?.Verdict == StepVerdict.Failed);

    public ReportSection Begin(string title)
    {
        var section = new ReportSection(title);
        _sections.Add(section);
        return section;
    }

    public void Write()
    {
        var text = new StringBuilder();
        text.Append("# Kestrel.Transport.Rio on this machine\n\n");
        text.Append($"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, version {Version}\n\n");
        text.Append("| step | outcome | |\n| --- | --- | --- |\n");
        foreach (var section in _sections)
        {
            text.Append($"| {section.Title} | {Word(section.Outcome?.Verdict)} | {section.Outcome?.Summary} |\n");
        }

        text.Append('\n').AppendJoin('\n', _sections);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path, text.ToString());
    }

    /// <summary>With the commit that it was built of.</summary>
    private static string? Version
        => typeof(Report).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    private static string Word(StepVerdict? verdict) => verdict switch
    {
        StepVerdict.Done => "done",
        StepVerdict.Skipped => "skipped",
        StepVerdict.Failed => "**FAILED**",
        _ => "did not end",
    };
}
