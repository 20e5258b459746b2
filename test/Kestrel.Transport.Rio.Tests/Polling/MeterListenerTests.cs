using System.Diagnostics.Metrics;
using Kestrel.Transport.Rio.Hosting;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>Whoever listens to the transport's meters may throw and may block: that costs measurements, and nothing else.</summary>
public sealed class MeterListenerTests : IDisposable
{
    private readonly ListLogger _logger = new();
    private readonly SimulatedIo _simulation = new(new SimulationOptions { Wait = WaitMode.Block });
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private IMeterFactory Factory => _services.GetRequiredService<IMeterFactory>();

    [Fact]
    public async Task Listener_that_throws_costs_its_measurements_only()
    {
        var measured = 0;
        using var listener = Listen(() =>
        {
            Interlocked.Increment(ref measured);
            throw new InvalidOperationException("asked for");
        });
        var group = Create();
        group.MemoryPool.Rent().Dispose();

        group.Pollers.Single().Figures.OnStandstill!(TimeSpan.FromMilliseconds(1));
        Spin.Until(() => Volatile.Read(ref measured) > 0, "a measurement");
        await StopAsync(group);

        Assert.Empty(_logger.Entries);
    }

    [Fact]
    public async Task Listener_that_blocks_holds_up_neither_memory_nor_stop()
    {
        var gate = new Gate();
        var isBlocked = 0;
        using var listener = Listen(() =>
        {
            Volatile.Write(ref isBlocked, 1);
            gate.Wait();
        });
        var group = Create();
        group.MemoryPool.Rent().Dispose();
        Spin.Until(() => Volatile.Read(ref isBlocked) != 0, "the report of the upkeep");

        // More than a slab has: that takes the pool's lock.
        var blocks = await Task.Run(() => Enumerable.Range(0, 40).Select(_ => group.MemoryPool.Rent()).ToList())
            .WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        blocks.ForEach(static block => block.Dispose());
        await StopAsync(group);

        gate.Open();
        Assert.Empty(_logger.Entries);
    }

    [Fact]
    public async Task Listener_that_throws_at_the_start_costs_the_metrics_only()
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, Factory))
                {
                    throw new InvalidOperationException("asked for");
                }
            },
        };
        listener.Start();

        var group = Create();

        await StopAsync(group);
        Assert.All(_logger.Entries, static entry => Assert.Equal("MetricsFailed", entry.Id.Name));
        Assert.Equal(2, _logger.Entries.Count);
    }

    public void Dispose()
    {
        _services.Dispose();
        _simulation.Dispose();
    }

    private static Task StopAsync(PollerGroup group)
        => group.StopAsync().WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);

    private MeterListener Listen(Action onMeasurement)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, Factory))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => onMeasurement());
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => onMeasurement());
        listener.Start();
        return listener;
    }

    private PollerGroup Create()
        => PollerStart.Start(_simulation, new RioTransportOptions { PollerCount = 1, SlabSize = 64 * 1024 }, Factory, _logger);
}
