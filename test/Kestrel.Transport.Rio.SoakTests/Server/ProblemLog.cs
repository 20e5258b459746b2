using System.Collections.Concurrent;
using System.Net.WebSockets;

namespace Kestrel.Transport.Rio.SoakTests.Server;

/// <summary>
/// Keeps what the transport warns of, and what Kestrel calls an error: neither has a place in a run that goes well, but for what
/// handlers were asked to throw and what ended connections make of their reads and writes.
/// </summary>
internal sealed class ProblemLog : ILoggerProvider, ILogger
{
    // Said by Adaptive where very many handlers block, as those of a soak do.
    private const string FellBack = "FellBackToPool";

    // What Kestrel makes of an upload now and then whose client is gone while the handler reads, on Sockets as well.
    private const string ReadInProgress = "RequestBodyDrainBodyReaderInvalidState";

    // Said at a stop of handlers that have not ended when Kestrel no longer waits for them. That they end, and their memory comes
    // back, is seen to after it.
    private const string Awaited = "SlabsAwaited";

    private readonly ConcurrentQueue<string> _problems = new();

    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>Whether handlers had memory of the transport when it had stopped.</summary>
    public bool HasAwaited { get; private set; }

    public ILogger CreateLogger(string categoryName)
        => categoryName.StartsWith("Kestrel.Transport.Rio", StringComparison.Ordinal) ? this : new ErrorsOnly(this);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        HasAwaited |= eventId.Name is Awaited;
        if (IsEnabled(logLevel) && eventId.Name is not (FellBack or Awaited))
        {
            var problem = $"{logLevel}: {formatter(state, exception)} {exception}";
            if (_problems.IsEmpty)
            {
                // At once: what follows may be a run that comes to no end.
                Console.Error.WriteLine($"FIRST PROBLEM: {problem}");
            }

            _problems.Enqueue(problem);
        }
    }

    public void Dispose()
    {
    }

    private sealed class ErrorsOnly(ProblemLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)
                && !string.Equals(eventId.Name, ReadInProgress, StringComparison.Ordinal)
                && exception is not (HandlerException or OperationCanceledException or IOException or WebSocketException))
            {
                log.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
