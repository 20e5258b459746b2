using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Hosting;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Polling;
using Kestrel.Transport.Rio.Tests.Simulation;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Connections;

/// <summary>On a machine with registered I/O; the pollers' own is simulated.</summary>
public sealed class PollerLeaseTests
{
    private readonly List<DelegatingIo> _started = [];

    public PollerLeaseTests()
    {
        var isHere = RegisteredIoProvider.TryCreate(out var io, out var reason);
        io?.Dispose();
        Assert.SkipUnless(isHere, $"not on this machine: {reason}");
    }

    [Fact]
    public async Task Pollers_are_started_with_the_first_endpoint_and_stopped_with_the_last()
    {
        var lease = new PollerLease(Start);
        Assert.Empty(_started);

        Assert.True(lease.TryAcquire(out var first, out _));
        Assert.True(lease.TryAcquire(out var second, out _));
        Assert.Same(first, second);
        await lease.ReleaseAsync();
        Assert.Empty(Assert.Single(_started).TakenApart);
        await lease.ReleaseAsync();

        Assert.Equal("provider", Assert.Single(_started).TakenApart[^1]);
    }

    [Fact]
    public async Task After_the_last_endpoint_the_next_starts_pollers_of_its_own()
    {
        var lease = new PollerLease(Start);
        lease.TryAcquire(out var first, out _);
        await lease.ReleaseAsync();

        Assert.True(lease.TryAcquire(out var second, out _));

        Assert.NotSame(first, second);
        Assert.Equal(2, _started.Count);
        Assert.Empty(_started[1].TakenApart);
        await lease.ReleaseAsync();
    }

    [Fact]
    public async Task Machine_without_a_queue_is_asked_again_by_the_next_endpoint()
    {
        var says = true;
        var lease = new PollerLease(io => says ? throw new PlatformNotSupportedException("It says no.") : Start(io));

        Assert.False(lease.TryAcquire(out var none, out var reason));
        Assert.Null(none);
        Assert.Equal("It says no.", reason);
        says = false;
        Assert.True(lease.TryAcquire(out _, out _));
        await lease.ReleaseAsync();
        Assert.Equal("provider", Assert.Single(_started).TakenApart[^1]);
    }

    private PollerGroup Start(RegisteredIo io)
    {
        io.Dispose();
        var started = new DelegatingIo(new SimulatedIo(new SimulationOptions { Wait = WaitMode.Block }));
        _started.Add(started);
        return PollerStart.Start(
            started, new RioTransportOptions { PollerCount = 1, SlabSize = 64 * 1024 }, meterFactory: null, NullLogger.Instance);
    }
}
