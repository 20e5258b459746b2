using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Tests.Diagnostics;

internal sealed class ThrowingLogger : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => throw new InvalidOperationException("asked for");

    public bool IsEnabled(LogLevel logLevel) => throw new InvalidOperationException("asked for");

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => throw new InvalidOperationException("asked for");
}
