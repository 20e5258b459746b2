using System.Text;

namespace ConfirmOnWindows.Reporting;

/// <summary>A section of the report, in Markdown.</summary>
internal sealed class ReportSection(string title)
{
    private readonly StringBuilder _text = new();

    public string Title => title;

    public string Body => _text.ToString();

    public StepOutcome? Outcome { get; set; }

    public void Line(string text) => _text.Append(text).Append('\n');

    public void Row(params ReadOnlySpan<string> cells)
    {
        foreach (var cell in cells)
        {
            _text.Append("| ").Append(Escape(cell)).Append(' ');
        }

        _text.Append("|\n");
    }

    /// <param name="columns">Their names; with a colon behind it for one of numbers.</param>
    public void TableHead(params ReadOnlySpan<string> columns)
    {
        foreach (var column in columns)
        {
            _text.Append("| ").Append(column.TrimEnd(':')).Append(' ');
        }

        _text.Append("|\n");
        foreach (var column in columns)
        {
            _text.Append(column.EndsWith(':') ? "| ---: " : "| --- ");
        }

        _text.Append("|\n");
    }

    /// <summary>The end of what a program said, as it said it.</summary>
    public void Output(string output, int lines = 20)
    {
        var all = output.ReplaceLineEndings("\n").TrimEnd().Split('\n');
        _text.Append("\n````text\n").AppendJoin('\n', all[Math.Max(0, all.Length - lines)..]).Append("\n````\n\n");
    }

    public override string ToString() => $"## {title}\n\n{_text}";

    private static string Escape(string cell) => cell.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
}
