using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace HelloRio.Figures;

/// <summary>Listens to the meters of the transport and of the memory pool, and sums each instrument over its tags.</summary>
internal sealed class TransportFigures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Figure> _figures = new();
    private readonly Lock _reading = new();

    public TransportFigures(bool listen)
    {
        _listener.InstrumentPublished = Published;
        _listener.SetMeasurementEventCallback<int>(static (_, value, _, figure) => ((Figure)figure!).Add(value));
        _listener.SetMeasurementEventCallback<long>(static (_, value, _, figure) => ((Figure)figure!).Add(value));
        if (listen)
        {
            _listener.Start();
        }
    }

    public SortedDictionary<string, long> Read()
    {
        // Two readers at once would each count the other's answers.
        lock (_reading)
        {
            foreach (var figure in _figures)
            {
                figure.ForgetLastAnswer();
            }

            _listener.RecordObservableInstruments();

            var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var figure in _figures)
            {
                sums[figure.Name] = sums.GetValueOrDefault(figure.Name) + figure.Value;
            }

            return sums;
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Published(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name is "Kestrel.Transport.Rio" or "Microsoft.AspNetCore.MemoryPool")
        {
            var figure = new Figure(instrument.Name, instrument.IsObservable);
            _figures.Enqueue(figure);
            listener.EnableMeasurementEvents(instrument, figure);
        }
    }
}
