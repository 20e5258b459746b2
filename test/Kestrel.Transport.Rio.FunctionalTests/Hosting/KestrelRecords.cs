using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>What Kestrel's own meter and event source say of one host's connections, without what differs by chance: ports, times and ids.</summary>
public sealed class KestrelRecords : EventListener
{
    private const string ErrorType = "error.type";

    private readonly MeterListener _meter = new();
    private readonly ConcurrentQueue<string> _measurements = new();
    private readonly ConcurrentQueue<(string Name, string? ConnectionId)> _events = new();
    private readonly ConcurrentQueue<string> _endings = new();
    private readonly ConnectionWatch _watch;

    public KestrelRecords(IServiceProvider services, ConnectionWatch watch)
    {
        _watch = watch;

        // Other hosts of this process have meters of the same name; a factory is the scope of its own.
        var factory = services.GetRequiredService<IMeterFactory>();
        _meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Microsoft.AspNetCore.Server.Kestrel" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meter.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            _measurements.Enqueue(Describe(instrument, tags) + " " + value.ToString("+0;-0", CultureInfo.InvariantCulture)));
        _meter.SetMeasurementEventCallback<double>((instrument, _, tags, _) => OnDuration(instrument, tags));
        _meter.Start();
    }

    /// <summary>The error type of each connection's end, or "none".</summary>
    public IEnumerable<string> Endings => _endings;

    /// <summary>Everything but the error types of connections, in the order of the alphabet.</summary>
    public IEnumerable<string> Lines
        => _measurements.Concat(_events.Where(IsOurs).Select(static record => record.Name)).Order(StringComparer.Ordinal);

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource?.Name == "Microsoft-AspNetCore-Server-Kestrel")
        {
            EnableEvents(eventSource, EventLevel.Verbose);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData?.PayloadNames?.IndexOf("connectionId") is >= 0 and var index)
        {
            _events.Enqueue((eventData.EventName!, (string?)eventData.Payload![index]));
        }
    }

    private static string Describe(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags, string? except = null)
    {
        var text = new StringBuilder(instrument.Name);
        foreach (var (name, value) in tags.ToArray().OrderBy(static tag => tag.Key, StringComparer.Ordinal))
        {
            if (name != except && name != "server.port")
            {
                text.Append(CultureInfo.InvariantCulture, $" {name}={value}");
            }
        }

        return text.ToString();
    }

    private bool IsOurs((string Name, string? ConnectionId) record) => _watch.Ids.Contains(record.ConnectionId, StringComparer.Ordinal);

    private void OnDuration(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (instrument.Name != "kestrel.connection.duration")
        {
            _measurements.Enqueue(Describe(instrument, tags));
            return;
        }

        _measurements.Enqueue(Describe(instrument, tags, except: ErrorType));
        var ending = "none";
        foreach (var (name, value) in tags)
        {
            ending = name == ErrorType ? (string)value! : ending;
        }

        _endings.Enqueue(ending);
    }
}
