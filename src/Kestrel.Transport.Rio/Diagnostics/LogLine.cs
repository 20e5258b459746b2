namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>A line on its way to the log. <see cref="Write"/> calls others' code, which may throw and may block.</summary>
internal abstract class LogLine
{
    public abstract void Write();
}
