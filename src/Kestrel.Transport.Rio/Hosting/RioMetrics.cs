using System.Diagnostics.Metrics;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Hosting;

/// <summary>
/// The transport's figures on the meter <c>Kestrel.Transport.Rio</c>. All but the rare hand-overs are observed: nothing is
/// counted twice, and nothing on the hot path for their sake.
/// </summary>
internal sealed class RioMetrics : IDisposable
{
    public const string MeterName = "Kestrel.Transport.Rio";

    private PollerGroup? _group;

    public RioMetrics(IMeterFactory meterFactory, PollerGroup group, ILogger logger)
    {
        _group = group;
        try
        {
            CreateInstruments(meterFactory.Create(MeterName), group);
        }
        catch (Exception e)
        {
            // A listener is told of each instrument when it is made. One that throws costs the instruments that follow.
            RioLog.MetricsFailed(logger, e, MeterName);
        }
    }

    /// <summary>The meter itself is the factory's, and may be shared with the transport's next start; its figures end here.</summary>
    public void Dispose() => Volatile.Write(ref _group, null);

    private void CreateInstruments(Meter meter, PollerGroup group)
    {
        Observe(meter, "rio.connections.active", "{connection}", "Connections that are open or draining.", static group => group.Pollers.Sum(static poller => (long)poller.Connections));
        Observe(meter, "rio.requests.outstanding", "{request}", "Requests that were posted and whose completion was not dequeued yet.", static group => group.Pollers.Sum(static poller => (long)poller.Outstanding));
        Observe(meter, "rio.memory.blocks.rented", "{block}", "Blocks of the memory pool that are in use.", static group => group.MemoryPool.Counts.RentedBlocks);
        Observe(meter, "rio.memory.registered", "By", "Memory that is registered with the kernel.", static group => group.MemoryPool.Counts.RegisteredBytes);
        Observe(meter, "rio.memory.unregistered", "By", "Memory of the pool that the kernel refused to register, or that is beyond the limit.", static group => group.MemoryPool.Counts.UnregisteredBytes);
        Count(meter, "rio.poller.passes", "{pass}", "Passes of the pollers.", static poller => poller.Figures.Passes);
        Count(meter, "rio.poller.waits", "{wait}", "Passes that ended in a wait for completions.", static poller => poller.Figures.Waits);
        Count(meter, "rio.poller.handovers", "{handover}", "Times that another thread took a poller over from application code.", static poller => poller.Figures.HandOvers);
        Count(meter, "rio.work.inline", "{work}", "Pieces of application work that pollers ran themselves, with Adaptive scheduling.", static poller => poller.Runner.Calls);
        Count(meter, "rio.work.pooled", "{work}", "Pieces of application work that pollers gave to the thread pool, with Adaptive scheduling.", static poller => poller.Figures.PooledWork);
        Count(meter, "rio.work.aside", "{work}", "Pieces of application work that were known to wait, and that pollers gave to threads which lead nothing, with Adaptive scheduling.", static poller => poller.Figures.WorkAside);
        Observe(meter, "rio.work.waiting", "{work}", "Pieces of application work that are known to compute and wait for a processor, with Adaptive scheduling.", static group => group.WaitingWork);
        Observe(meter, "rio.poller.threads", "{thread}", "Threads that lead pollers, stand by to, or are kept by application code.", static group => group.Threads);
        var standstills = meter.CreateHistogram<double>("rio.poller.handover.duration", "s", "How long a poller stood still until another thread had taken it over.");
        foreach (var poller in group.Pollers)
        {
            var tag = TagOf(poller);
            poller.Figures.OnStandstill = standstill => group.Measurements.Add(() => standstills.Record(standstill.TotalSeconds, tag));
        }

        Count(meter, "rio.completions", "{completion}", "Completions that were dequeued.", static poller => poller.Figures.Completions);
    }

    private void Observe(Meter meter, string name, string unit, string description, Func<PollerGroup, long> value)
        => meter.CreateObservableUpDownCounter(name, () => Volatile.Read(ref _group) is { } group ? [new Measurement<long>(value(group))] : Array.Empty<Measurement<long>>(), unit, description);

    private void Count(Meter meter, string name, string unit, string description, Func<CompletionPoller, long> value)
        => meter.CreateObservableCounter(name, () => Volatile.Read(ref _group) is { } group ? PerPoller(group, value) : [], unit, description);

    private static IEnumerable<Measurement<long>> PerPoller(PollerGroup group, Func<CompletionPoller, long> value)
        => group.Pollers.Select(poller => new Measurement<long>(value(poller), TagOf(poller)));

    private static KeyValuePair<string, object?> TagOf(CompletionPoller poller) => new("rio.poller", poller.Index);
}
