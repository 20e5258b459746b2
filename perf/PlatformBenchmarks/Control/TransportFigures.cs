using System.Diagnostics.Metrics;

namespace PlatformBenchmarks.Control;

/// <summary>Reads the observable instruments of the transport's meter, which cost nothing until they are read.</summary>
internal sealed class TransportFigures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _sums = new(StringComparer.Ordinal);

    public TransportFigures()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name is "Kestrel.Transport.Rio" && instrument.IsObservable)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument, value));
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument, value));
        _listener.Start();
    }

    /// <summary>The figures now. One reader at a time.</summary>
    public Dictionary<string, long> Read()
    {
        _sums.Clear();
        _listener.RecordObservableInstruments();
        return new Dictionary<string, long>(_sums, StringComparer.Ordinal);
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, long value) =>
        _sums[instrument.Name] = _sums.GetValueOrDefault(instrument.Name) + value;
}
