using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Simulation;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>An endpoint whose connections Kestrel does not take up: with a starved thread pool it takes none.</summary>
public sealed class AcceptBoundTests
{
    private const int Clients = 300;

    [Theory]
    [InlineData(1, ApplicationScheduling.Inline)]
    [InlineData(2, ApplicationScheduling.Inline)]
    [InlineData(2, ApplicationScheduling.ThreadPool)]
    [InlineData(2, ApplicationScheduling.Adaptive)]
    public async Task Endpoint_accepts_a_bounded_number_and_later_all(int pollers, ApplicationScheduling scheduling)
    {
        await using var transport = Create(pollers, scheduling);
        await FillAsync(transport);

        Dial(transport, Clients - AcceptBound.Max);
        await PassAsync(transport);

        Assert.Equal(AcceptBound.Max, Connections(transport));
        await TakeUpAsync(transport, Clients);
        Assert.Equal(Clients, Connections(transport));
    }

    [Fact]
    public async Task Endpoint_accepts_again_when_half_is_taken_up()
    {
        await using var transport = Create(pollers: 2);
        await FillAsync(transport);
        Dial(transport, Clients - AcceptBound.Max);

        await TakeUpAsync(transport, (AcceptBound.Max / 2) - 1);
        await PassAsync(transport);
        Assert.Equal(AcceptBound.Max, Connections(transport));
        await TakeUpAsync(transport, 1);

        await SimulatedTransport.UntilAsync(() => Connections(transport) > AcceptBound.Max, "more connections");
    }

    [Fact]
    public async Task Stop_ends_an_endpoint_that_waits()
    {
        var transport = Create(pollers: 2);
        await FillAsync(transport);
        Dial(transport, Clients - AcceptBound.Max);

        // Sees to it that nothing is left of the connections that were not taken up.
        await transport.DisposeAsync();

        Assert.Equal(0, Connections(transport));
    }

    [Fact]
    public async Task Death_of_the_accepting_poller_leaves_the_endpoint_bounded()
    {
        await using var transport = Create(pollers: 2);
        await FillAsync(transport);
        var doomed = transport.Pollers.Pollers.First();
        doomed.Post(new PollerAction(static () => throw new InvalidOperationException("a fault of ours")));
        await SimulatedTransport.UntilAsync(() => doomed is { IsDead: true, Connections: 0 }, "the end of the connections there");

        Dial(transport, Clients - AcceptBound.Max);
        await PassAsync(transport);

        Assert.Equal(AcceptBound.Max / 2, Connections(transport));
        await TakeUpAsync(transport, Clients);
    }

    private static SimulatedTransport Create(int pollers, ApplicationScheduling scheduling = ApplicationScheduling.ThreadPool)
        => new(new SimulationOptions(), new RioTransportOptions { PollerCount = pollers, ApplicationScheduling = scheduling });

    /// <summary>As many connections as an endpoint accepts with none of them taken up.</summary>
    private static async Task FillAsync(SimulatedTransport transport)
    {
        Dial(transport, AcceptBound.Max);
        await SimulatedTransport.UntilAsync(() => Connections(transport) == AcceptBound.Max, "the first connections");
        await PassAsync(transport);
    }

    private static void Dial(SimulatedTransport transport, int count)
    {
        for (var i = 0; i < count; i++)
        {
            transport.Dial();
        }
    }

    private static async Task TakeUpAsync(SimulatedTransport transport, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.NotNull(await transport.AcceptAsync());
        }
    }

    private static int Connections(SimulatedTransport transport) => transport.Pollers.Pollers.Sum(static poller => poller.Connections);

    /// <summary>More passes of every poller than there are between a change and what follows from it.</summary>
    private static async Task PassAsync(SimulatedTransport transport)
    {
        foreach (var poller in transport.Pollers.Pollers)
        {
            for (var pass = 0; pass < 8; pass++)
            {
                var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                poller.Post(new PollerAction(passed.SetResult));
                await passed.Task.WaitAsync(Conformance.Deadline.Length, TestContext.Current.CancellationToken);
            }
        }
    }
}
