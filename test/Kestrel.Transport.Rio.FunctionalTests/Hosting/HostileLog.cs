namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>A log provider beside the test's own that does something to every line of the transport, above all fail.</summary>
public sealed class HostileLog(Action onLine) : ILoggerProvider
{
    private static readonly string[] s_transports = ["Kestrel.Transport.Rio", "Microsoft.AspNetCore.Server.Kestrel.Transport"];

    private int _isArmed;

    /// <summary>From now on lines meet what the provider does.</summary>
    public void Arm() => Volatile.Write(ref _isArmed, 1);

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(
        this, Array.Exists(s_transports, transport => categoryName.StartsWith(transport, StringComparison.Ordinal)));

    public void Dispose()
    {
        // Nothing to release.
    }

    private void OnLine() => onLine();

    private sealed class CategoryLogger(HostileLog log, bool isOfTransport) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => isOfTransport;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isOfTransport && Volatile.Read(ref log._isArmed) != 0)
            {
                log.OnLine();
            }
        }
    }
}
