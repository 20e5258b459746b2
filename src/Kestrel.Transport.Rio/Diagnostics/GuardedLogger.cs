using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>
/// The transport's logger: what log providers throw ends here, and while the transport serves their code runs on the thread of
/// <see cref="Lines"/>.
/// </summary>
internal sealed class GuardedLogger : ILogger
{
    // 1,000 connections that end at once are 2,000 to 4,000 lines at Debug. A line is 150 to 250 bytes.
    private const int Capacity = 8192;

    private readonly ILogger _logger;

    public GuardedLogger(ILogger logger)
    {
        _logger = logger;
        Lines = new LogQueue(logger, Capacity);
    }

    public LogQueue Lines { get; }

    /// <summary>None: nothing of the transport opens scopes, and lines are written on another thread.</summary>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return _logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            // One provider of several has thrown, and the others may want the line.
            return true;
        }
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Lines.Add(new CapturedLine<TState>(_logger, logLevel, eventId, state, exception, formatter));
}
