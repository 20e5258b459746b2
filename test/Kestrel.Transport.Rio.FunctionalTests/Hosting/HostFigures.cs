using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>The transport's meter of one host, read as a user's exporter reads it.</summary>
public sealed class HostFigures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _sums = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _records = new(StringComparer.Ordinal);

    public HostFigures(IServiceProvider services)
    {
        // Other hosts of this process have meters of the same name; a factory is the scope of its own.
        var factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Kestrel.Transport.Rio" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument.Name, value));
        _listener.SetMeasurementEventCallback<double>(
            (instrument, _, _, _) => _records.AddOrUpdate(instrument.Name, 1, static (_, count) => count + 1));
        _listener.Start();
    }

    /// <summary>What the instrument says now, over all pollers.</summary>
    public long Read(string name)
    {
        _sums.Clear();
        _listener.RecordObservableInstruments();
        return _sums[name];
    }

    /// <summary>How often the histogram was recorded to.</summary>
    public long Records(string name) => _records.GetValueOrDefault(name);

    public void Dispose() => _listener.Dispose();

    private void Add(string name, long value) => _sums[name] = _sums.GetValueOrDefault(name) + value;
}
