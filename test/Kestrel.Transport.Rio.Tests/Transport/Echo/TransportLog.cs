using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Tests.Transport.Echo;

/// <summary>Keeps everything that the transport logs.</summary>
internal sealed class TransportLog : ILogger
{
    private readonly ConcurrentQueue<LogEntry> _entries = [];

    public IReadOnlyCollection<LogEntry> Entries => _entries;

    public IEnumerable<LogEntry> Named(string name) => _entries.Where(entry => string.Equals(entry.Name, name, StringComparison.Ordinal));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var values = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
        _entries.Enqueue(new LogEntry(
            logLevel, eventId.Name ?? "", formatter(state, exception), values.ToDictionary(StringComparer.Ordinal)));
    }
}
