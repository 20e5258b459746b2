using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>Keeps what is logged, at Warning and above unless told otherwise.</summary>
internal sealed class ListLogger(LogLevel from = LogLevel.Warning) : ILogger
{
    public List<(LogLevel Level, EventId Id, string Text)> Entries { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= from;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Entries)
        {
            Entries.Add((logLevel, eventId, formatter(state, exception)));
        }
    }
}
