using System.Collections.Concurrent;

namespace Kestrel.Transport.Rio.Torture.Server;

/// <summary>Keeps what the transport warns of, and what Kestrel calls critical: neither has a place in a run that goes well.</summary>
internal sealed class ProblemLog : ILoggerProvider, ILogger
{
    // Said by Adaptive where very many handlers block, as those of a torture do.
    private const string FellBack = "FellBackToPool";

    private readonly ConcurrentQueue<string> _problems = new();

    public IReadOnlyCollection<string> Problems => _problems;

    public ILogger CreateLogger(string categoryName)
        => categoryName.StartsWith("Kestrel.Transport.Rio", StringComparison.Ordinal) ? this : new CriticalOnly(this);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && !string.Equals(eventId.Name, FellBack, StringComparison.Ordinal))
        {
            _problems.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }

    private sealed class CriticalOnly(ProblemLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Critical;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
