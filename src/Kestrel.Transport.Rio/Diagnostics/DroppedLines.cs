using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>Stands in the log where lines are missing.</summary>
internal sealed class DroppedLines(ILogger logger, int count) : LogLine
{
    public override void Write() => RioLog.LinesDropped(logger, count);
}
