namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

public sealed record LogEntry(string Category, LogLevel Level, EventId Event, string Message, Exception? Exception)
{
    public override string ToString() => $"{Level} {Category}[{Event.Id} {Event.Name}] {Message} {Exception}";
}
