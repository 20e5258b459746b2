using System.Collections.Concurrent;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>Keeps every log event of a host, so that a test can say what must be there and that nothing else is.</summary>
public sealed class LogSink : ILoggerProvider
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();
    private readonly ConcurrentQueue<Func<LogEntry, bool>> _expected = new();

    public IReadOnlyCollection<LogEntry> Entries => _entries;

    public IEnumerable<LogEntry> OfTransport => _entries.Where(IsTransport);

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    /// <summary>Excuses an event above Debug that the test provokes on purpose.</summary>
    public void Expect(Func<LogEntry, bool> entry) => _expected.Enqueue(entry);

    public bool HasTransportEvent(int id) => OfTransport.Any(entry => entry.Event.Id == id && entry.Level == LogLevel.Debug);

    /// <summary>
    /// A peer can make a server log at Debug at will, and nothing above it, or it could fill disks and wake people up.
    /// </summary>
    public void AssertQuiet()
    {
        var loud = _entries.Where(IsLoud).Where(entry => !_expected.Any(isExpected => isExpected(entry))).ToList();
        Assert.True(loud.Count == 0, "Logged above what was expected:" + Environment.NewLine + string.Join(Environment.NewLine, loud));
    }

    public void Dispose()
    {
        // Nothing to release: the entries are still read after the host has disposed its logging.
    }

    private static bool IsTransport(LogEntry entry) =>
        entry.Category.StartsWith("Kestrel.Transport.Rio", StringComparison.Ordinal)
        || entry.Category.StartsWith("Microsoft.AspNetCore.Server.Kestrel.Transport", StringComparison.Ordinal);

    /// <summary>The transport: above Debug. Everybody else: above Information, which hosting uses for its story.</summary>
    private static bool IsLoud(LogEntry entry) =>
        entry.Level > (IsTransport(entry) ? LogLevel.Debug : LogLevel.Information)
        && !IsStart(entry)
        && !IsHeartbeat(entry);

    /// <summary>Rio says once what it serves on, and whether that is experimental. Neither is a peer's doing.</summary>
    private static bool IsStart(LogEntry entry) => entry is { Level: LogLevel.Information, Event.Name: "Started" or "Experimental" };

    /// <summary>Kestrel warns when its one-second timer is late, which says something of the machine and nothing of us.</summary>
    private static bool IsHeartbeat(LogEntry entry) => entry.Event.Name is "HeartbeatSlow";

    private sealed class CategoryLogger(LogSink sink, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            sink._entries.Enqueue(new LogEntry(category, logLevel, eventId, formatter(state, exception), exception));
    }
}
