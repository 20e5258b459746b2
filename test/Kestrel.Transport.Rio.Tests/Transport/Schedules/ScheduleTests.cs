using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Kestrel.Transport.Rio.Connections;
using Microsoft.FSharp.Core;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>
/// Whatever happens, in whatever order: every connection ends, in states that the tables have, with every byte in its place
/// and nothing left.
/// </summary>
public sealed class ScheduleTests
{
    private const int MaxSteps = 120;

    // For a longer hunt: RIO_SCHEDULES=20000 RIO_SCHEDULE_SEED=42. What it finds comes with its own seed.
    private static readonly int s_schedules = (int)(Number("RIO_SCHEDULES") ?? 2000);
    private static readonly ulong s_seed = Number("RIO_SCHEDULE_SEED") ?? 1;

    [Theory]
    [InlineData(ProviderShape.Steady)]
    [InlineData(ProviderShape.Unsteady)]
    [InlineData(ProviderShape.Failing)]
    [InlineData(ProviderShape.Stalling)]
    [InlineData(ProviderShape.Winsock)]
    [InlineData(ProviderShape.WinsockUnsteady)]
    [InlineData(ProviderShape.WinsockFailing)]
    public void Every_schedule_comes_to_an_end_with_nothing_left(ProviderShape shape)
        => Prop.ForAll(ScheduleGenerator.For(shape), schedule => { ScheduleRun.Run(schedule); }).Check(Config(s_seed + (ulong)shape));

    [Fact]
    public void The_tables_have_no_transition_that_never_happens()
    {
        var connection = new HashSet<(ConnectionState From, ConnectionState To)>();
        var inbound = new HashSet<(InboundState From, InboundState To)>();
        var outbound = new HashSet<(OutboundState From, OutboundState To)>();
        foreach (var shape in Enum.GetValues<ProviderShape>())
        {
            Prop.ForAll(ScheduleGenerator.For(shape), Collect).Check(Config(s_seed + 100 + (ulong)shape));
        }

        Assert.Empty(StateTables.Connection.Keys.Except(connection));
        Assert.Empty(StateTables.Inbound.Keys.Except(inbound));
        Assert.Empty(StateTables.Outbound.Keys.Except(outbound).Except(StateTables.OutboundByOtherThreadsOnly));

        void Collect(Schedule schedule)
        {
            var states = ScheduleRun.Run(schedule);
            connection.UnionWith(states.Connection);
            inbound.UnionWith(states.Inbound);
            outbound.UnionWith(states.Outbound);
        }
    }

    /// <summary>Always the same schedules. A failure names the seed and shows the smallest schedule that still fails.</summary>
    private static Config Config(ulong seed)
        => FsCheck.Config.QuickThrowOnFailure
            .WithQuietOnSuccess(true)
            .WithMaxTest(s_schedules)
            .WithStartSize(1)
            .WithEndSize(MaxSteps)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed, 1), FSharpOption<int>.None)));

    private static ulong? Number(string variable)
        => ulong.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : null;
}
