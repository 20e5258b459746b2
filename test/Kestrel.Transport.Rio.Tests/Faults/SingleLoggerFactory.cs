using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>One logger, whatever the category.</summary>
internal sealed class SingleLoggerFactory(ILogger logger) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => logger;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
