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

    /// <summary>The end of what a program said, as it said it: there is why it ended.</summary>
    public void Output(string output)
    {
        var lines = Lines(output);
        Quote(lines.AsSpan(Math.Max(0, lines.Length - 20)));
    }

    /// <summary>The beginning of what a test said: there is what it expected, and behind it what it had logged.</summary>
    public void Message(string message)
    {
        var lines = Lines(message);
        Quote(lines.AsSpan(0, Math.Min(lines.Length, 8)));
    }

    public override string ToString() => $"## {title}\n\n{_text}";

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd().Split('\n');

    private void Quote(ReadOnlySpan<string?> lines) => _text.Append("\n````text\n").AppendJoin('\n', lines).Append("\n````\n\n");

    private static string Escape(string cell) => cell.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
}
