using System.Diagnostics.Metrics;
using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// What Kestrel's own pool reports, under the same names. The instruments are the same in kind, name, unit and
/// description, so the meter gives both pools the same ones, and a listener sees the sum.
/// </summary>
/// <remarks>
/// Kestrel's pool counts on every rent. Here the pool sums its own plain figures now and then, and what has changed since
/// the last time is added. What nobody listens to is not added, and so not lost for who starts to listen later.
/// </remarks>
internal sealed class PoolMetrics
{
    public const string MeterName = "Microsoft.AspNetCore.MemoryPool";

    private static readonly KeyValuePair<string, object?> s_owner = new("aspnetcore.memory_pool.owner", "kestrel");

    private readonly UpDownCounter<long> _pooled;
    private readonly Counter<long> _allocated;
    private readonly Counter<long> _evicted;
    private readonly Counter<long> _rented;

    private long _lastPooled;
    private long _lastAllocated;
    private long _lastEvicted;
    private long _lastRented;
    private int _isReporting;

    private PoolMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _pooled = meter.CreateUpDownCounter<long>(
            "aspnetcore.memory_pool.pooled", "By", "Number of bytes currently pooled and available for reuse.");
        _allocated = meter.CreateCounter<long>(
            "aspnetcore.memory_pool.allocated",
            "By",
            "Total number of bytes allocated by the memory pool. Allocation occurs when a memory rental request exceeds the available pooled memory.");
        _evicted = meter.CreateCounter<long>(
            "aspnetcore.memory_pool.evicted",
            "By",
            "Total number of bytes evicted from the memory pool. Eviction occurs when idle pooled memory is reclaimed. Evicted memory is available for garbage collection.");
        _rented = meter.CreateCounter<long>(
            "aspnetcore.memory_pool.rented", "By", "Total number of bytes rented from the memory pool.");
    }

    public bool IsEnabled => _pooled.Enabled || _allocated.Enabled || _evicted.Enabled || _rented.Enabled;

    /// <summary>Null where a listener throws while the instruments are published.</summary>
    public static PoolMetrics? TryCreate(IMeterFactory meterFactory, ILogger logger)
    {
        try
        {
            return new PoolMetrics(meterFactory);
        }
        catch (Exception e)
        {
            RioLog.MetricsFailed(logger, e, MeterName);
            return null;
        }
    }

    /// <summary>
    /// Reports what has changed. Any thread that may be held up, and without a lock: it calls whoever listens. Of two simultaneous reports
    /// one is left out, and the next report includes it.
    /// </summary>
    public void Report(Func<PoolFigures> read)
    {
        if (Interlocked.Exchange(ref _isReporting, 1) != 0)
        {
            return;
        }

        try
        {
            Report(read());
        }
        finally
        {
            Volatile.Write(ref _isReporting, 0);
        }
    }

    private void Report(in PoolFigures figures)
    {
        var pooled = figures.Pooled - _lastPooled;
        if (_pooled.Enabled && pooled != 0)
        {
            // Before the call, which may throw after some listeners have taken it.
            _lastPooled = figures.Pooled;
            _pooled.Add(pooled, s_owner);
        }

        Add(_allocated, figures.Allocated, ref _lastAllocated);
        Add(_evicted, figures.Evicted, ref _lastEvicted);
        Add(_rented, figures.Rented, ref _lastRented);
    }

    private static void Add(Counter<long> counter, long value, ref long last)
    {
        // Sums that are read while others count may lag behind the last ones, and a counter never falls.
        if (counter.Enabled && value > last)
        {
            var change = value - last;
            last = value;
            counter.Add(change, s_owner);
        }
    }
}
