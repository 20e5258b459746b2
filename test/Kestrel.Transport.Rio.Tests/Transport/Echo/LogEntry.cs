using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Tests.Transport.Echo;

/// <summary>A line of the log.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Name">The event's name.</param>
/// <param name="Text">The message.</param>
/// <param name="Values">What the message was made of, by name.</param>
internal sealed record LogEntry(LogLevel Level, string Name, string Text, IReadOnlyDictionary<string, object?> Values)
{
    public bool IsOf(string connectionId)
        => string.Equals(Values.GetValueOrDefault("ConnectionId") as string, connectionId, StringComparison.Ordinal);

    public override string ToString() => $"{Level} {Name}: {Text}";
}
