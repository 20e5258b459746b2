using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class PoolMetricsTests : IDisposable
{
    private const string Prefix = "aspnetcore.memory_pool.";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Dictionary<string, long> _sums = [];
    private readonly List<Instrument> _instruments = [];

    private IMeterFactory Factory => _services.GetRequiredService<IMeterFactory>();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void The_figures_are_those_of_Kestrels_own_pool()
    {
        using var fixture = new PoolFixture(meterFactory: Factory, limit: 4 * PoolFixture.SlabSize);
        using var listener = Listen();
        PoolFixture.Return(fixture.Rent((4 * PoolFixture.SlabBlocks) + 1));
        fixture.Pool.Report.Publish();
        Assert.Equal(64 * 4096, _sums[Prefix + "pooled"]);
        Assert.Equal(65 * 4096, _sums[Prefix + "allocated"]);
        Assert.Equal(65 * 4096, _sums[Prefix + "rented"]);
        Assert.Equal(1 * 4096, _sums[Prefix + "evicted"]);

        for (var i = 0; i < 20; i++)
        {
            fixture.Pool.Trim();
        }

        Assert.Equal(16 * 4096, _sums[Prefix + "pooled"]);
        Assert.Equal(65 * 4096, _sums[Prefix + "rented"]);
        Assert.Equal(49 * 4096, _sums[Prefix + "evicted"]);

        var block = fixture.Pool.Rent();
        fixture.Pool.Report.Publish();
        Assert.Equal(15 * 4096, _sums[Prefix + "pooled"]);
        Assert.Equal(66 * 4096, _sums[Prefix + "rented"]);
        block.Dispose();

        fixture.Pool.Dispose();
        Assert.Equal(0, _sums[Prefix + "pooled"]);
        Assert.Equal(65 * 4096, _sums[Prefix + "evicted"]);
    }

    [Fact]
    public void Who_listens_late_has_missed_nothing()
    {
        using var fixture = new PoolFixture(meterFactory: Factory);
        PoolFixture.Return(fixture.Rent(3));
        fixture.Pool.Trim();
        using var listener = Listen();
        fixture.Pool.Report.Publish();
        Assert.Equal(16 * 4096, _sums[Prefix + "pooled"]);
        Assert.Equal(3 * 4096, _sums[Prefix + "rented"]);
    }

    [Fact]
    public void Two_pools_share_their_instruments_with_each_other_and_with_Kestrels()
    {
        // As Kestrel 10.0.12 makes them.
        var meter = Factory.Create("Microsoft.AspNetCore.MemoryPool");
        meter.CreateUpDownCounter<long>(Prefix + "pooled", "By", "Number of bytes currently pooled and available for reuse.");
        using var first = new PoolFixture(meterFactory: Factory);
        using var second = new PoolFixture(meterFactory: Factory);
        using var listener = Listen();
        first.Pool.Rent().Dispose();
        second.Pool.Rent().Dispose();
        first.Pool.Report.Publish();
        second.Pool.Report.Publish();
        Assert.Equal(32 * 4096, _sums[Prefix + "pooled"]);
        Assert.Equal(4, _instruments.Count);
    }

    [Fact]
    public async Task Names_units_and_descriptions_are_Kestrels()
    {
        // The real thing, whatever version the tests run on.
        using var listener = Listen();
        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        await using (var application = builder.Build())
        {
            await application.StartAsync(TestContext.Current.CancellationToken);
            using var client = new HttpClient();
            using var response = await client.GetAsync(application.Urls.First(), TestContext.Current.CancellationToken);
            await application.StopAsync(TestContext.Current.CancellationToken);
        }

        var theirs = Describe(_instruments);
        _instruments.Clear();
        using var fixture = new PoolFixture(meterFactory: Factory);
        Assert.Equal(theirs, Describe(_instruments));
        Assert.Equal(4, theirs.Length);
    }

    private static string[] Describe(IEnumerable<Instrument> instruments) =>
        [.. instruments.Select(i => $"{i.GetType()} {i.Name} {i.Unit} {i.Description} {i.Meter.Version}").Order(StringComparer.Ordinal)];

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (string.Equals(instrument.Meter.Name, "Microsoft.AspNetCore.MemoryPool", StringComparison.Ordinal)
                    && instrument.Meter.Scope is IMeterFactory)
                {
                    lock (_sums)
                    {
                        _instruments.Add(instrument);
                    }

                    if (ReferenceEquals(instrument.Meter.Scope, Factory))
                    {
                        listener.EnableMeasurementEvents(instrument);
                    }
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            Assert.Equal([new("aspnetcore.memory_pool.owner", "kestrel")], tags.ToArray());
            lock (_sums)
            {
                _sums[instrument.Name] = _sums.GetValueOrDefault(instrument.Name) + value;
            }
        });
        listener.Start();
        return listener;
    }
}
