using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>Single stories that a schedule once found wrong, or that are too rare to be left to chance.</summary>
public sealed class ConnectionStoryTests
{
    private static readonly Step s_pass = Step(StepKind.Pass, 3);

    [Theory]
    [InlineData(ProviderShape.Steady)]
    [InlineData(ProviderShape.Winsock)]
    public void Send_is_committed_before_an_abort_of_the_same_pass(ProviderShape shape)
        => Run(new ScheduleSettings { Shape = shape }, Step(StepKind.Write, 1), Step(StepKind.Abort, 1), s_pass);

    [Theory]
    [InlineData(ProviderShape.Steady)]
    [InlineData(ProviderShape.Winsock)]
    public void Receive_is_committed_before_a_close_of_the_same_pass(ProviderShape shape)
        => Run(
            new ScheduleSettings { Shape = shape, WaitForData = false },
            Step(StepKind.PeerWrites, 10), s_pass, Step(StepKind.PeerWrites, 10), Step(StepKind.CompleteOutput, 1), s_pass);

    [Fact]
    public void Output_that_has_to_be_copied_waits_for_memory_and_goes_out_whole()
    {
        var settings = new ScheduleSettings { Shape = ProviderShape.Winsock, SlabLimit = 1 };

        var states = Run(settings, Step(StepKind.HoldBlocks, 15), Step(StepKind.Write, 10), s_pass);

        Assert.Contains((OutboundState.AwaitingOutput, OutboundState.Starved), states.Outbound);
        Assert.Contains((OutboundState.Starved, OutboundState.Sending), states.Outbound);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void More_output_than_there_is_registered_memory_goes_out_whole(int slabLimit, int machineSlabLimit)
        => Run(
            new ScheduleSettings { Shape = ProviderShape.Winsock, SlabLimit = slabLimit, MachineSlabLimit = machineSlabLimit },
            Step(StepKind.Write, 5 * TransportWorld.SlabSize));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void More_input_than_there_is_registered_memory_comes_in_whole(int slabLimit, int machineSlabLimit)
    {
        var settings = new ScheduleSettings { Shape = ProviderShape.Winsock, SlabLimit = slabLimit, MachineSlabLimit = machineSlabLimit };

        var states = Run(settings, [Step(StepKind.PeerWrites, 5 * TransportWorld.SlabSize), .. Enumerable.Repeat(s_pass, 20)]);

        Assert.Contains((InboundState.Starved, InboundState.Receiving), states.Inbound);
    }

    [Fact]
    public void A_starved_connection_ends_when_it_is_aborted()
    {
        var settings = new ScheduleSettings { Shape = ProviderShape.Winsock, SlabLimit = 1, Ending = Ending.Abort };

        // So many bytes that what is left of their block is not enough for the next receive.
        var states = Run(
            settings,
            Step(StepKind.HoldBlocks, 15), Step(StepKind.PeerWrites, 3000), Step(StepKind.Write, 10), s_pass, Step(StepKind.Abort, 1), s_pass);

        Assert.Contains((InboundState.Starved, InboundState.Ended), states.Inbound);
        Assert.Contains((OutboundState.Starved, OutboundState.Ended), states.Outbound);
    }

    private static Step Step(StepKind kind, int amount) => new(kind, Connection: 0, amount, OnPoller: false);

    /// <summary>One connection; what a schedule's end asserts is asserted here too, above all that every byte arrives.</summary>
    private static StateRecorder Run(ScheduleSettings settings, params Step[] steps)
        => ScheduleRun.Run(new Schedule(settings, 1, steps));
}
