using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>A read that is cancelled while bytes for it lie in the kernel, as when Kestrel stops under load.</summary>
public sealed class LateCancelTests
{
    [Theory]
    [InlineData(ApplicationScheduling.Inline, false)]
    [InlineData(ApplicationScheduling.Inline, true)]
    [InlineData(ApplicationScheduling.Adaptive, false)]
    [InlineData(ApplicationScheduling.Adaptive, true)]
    public async Task Bytes_that_were_sent_before_the_cancellation_are_read_first(ApplicationScheduling scheduling, bool isUnsteady)
    {
        var simulation = new SimulationOptions { Seed = 1 };
        await using var transport = Create(scheduling, isUnsteady ? simulation with { PartialReceiveChance = 0.5 } : simulation);
        var (connection, peer) = await transport.ConnectAsync();
        var input = connection.Transport.Input;
        var reading = input.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        using var gate = await BlockAsync(transport);

        Assert.True(peer.Write([1]));
        input.CancelPendingRead();
        gate.Set();

        var read = await reading.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Assert.Equal((1, false), (read.Buffer.Length, read.IsCanceled));
        input.AdvanceTo(read.Buffer.End);
        read = await input.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Assert.Equal((0, true), (read.Buffer.Length, read.IsCanceled));
        input.AdvanceTo(read.Buffer.End);
    }

    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public async Task Where_nothing_comes_the_read_is_cancelled_though_the_poller_slept(ApplicationScheduling scheduling)
    {
        await using var transport = Create(scheduling, new SimulationOptions());
        var (connection, _) = await transport.ConnectAsync();
        var input = connection.Transport.Input;
        var reading = input.ReadAsync(TestContext.Current.CancellationToken).AsTask();

        input.CancelPendingRead();

        var read = await reading.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Assert.True(read.IsCanceled);
        input.AdvanceTo(read.Buffer.End);
    }

    private static SimulatedTransport Create(ApplicationScheduling scheduling, SimulationOptions simulation)
        => new(simulation, new RioTransportOptions { PollerCount = 1, ApplicationScheduling = scheduling });

    /// <summary>The poller does nothing until the event is set.</summary>
    private static async Task<ManualResetEventSlim> BlockAsync(SimulatedTransport transport)
    {
        var gate = new ManualResetEventSlim();
        var blocks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        transport.Pollers.Pollers.Single().Post(new PollerAction(() =>
        {
            blocks.SetResult();
            gate.Wait(Deadline.Length);
        }));
        await blocks.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        return gate;
    }
}
