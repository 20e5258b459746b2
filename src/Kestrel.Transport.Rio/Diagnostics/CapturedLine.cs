using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>A line as it was handed to <see cref="ILogger.Log"/>. Its text is made when it is written.</summary>
internal sealed class CapturedLine<TState>(
    ILogger logger, LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) : LogLine
{
    public override void Write() => logger.Log(level, id, state, exception, formatter);
}
