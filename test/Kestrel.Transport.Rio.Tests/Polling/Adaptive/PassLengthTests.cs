using System.Diagnostics;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>How much application work a pass has, before answers go out and completions are looked at.</summary>
public sealed class PassLengthTests
{
    private const int Pieces = 40;
    private const int PiecesPerReadOfClock = 8;

    [Fact]
    public async Task No_pass_has_more_than_eight_pieces_that_take_their_time()
    {
        var fixture = new AdaptiveFixture();

        var pieces = RunPieces(fixture, takes: AdaptiveRunner.TimePerPass / 4);

        Assert.Equal(Pieces, pieces.Sum());
        Assert.All(pieces, static count => Assert.InRange(count, 1, PiecesPerReadOfClock));
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Quick_pieces_run_in_one_pass()
    {
        var fixture = new AdaptiveFixture();
        var deadline = new Deadline();

        // Unless the poller was without a processor for so long.
        while (RunPieces(fixture, takes: TimeSpan.Zero) is not [Pieces])
        {
            Assert.False(deadline.IsOver, "Of quick pieces none have ever run in one pass.");
        }

        await fixture.StopAsync();
    }

    /// <summary>Has pieces of work ready at once, and tells how many of them each pass had.</summary>
    private static int[] RunPieces(AdaptiveFixture fixture, TimeSpan takes)
    {
        var passes = new List<long>();
        var calls = fixture.Runner.Role.Calls;
        fixture.Poller.Post(new PollerAction(() =>
        {
            for (var i = 0; i < Pieces; i++)
            {
                fixture.Connection().Schedule(
                    _ =>
                    {
                        var start = Stopwatch.GetTimestamp();
                        Spin.Until(() => Stopwatch.GetElapsedTime(start) >= takes, "the time");
                        passes.Add(fixture.Poller.Figures.Passes);
                    },
                    state: null);
            }
        }));
        Spin.Until(() => fixture.Runner.Role.Calls == calls + Pieces && !LeaderRole.IsMark(fixture.Runner.Role.Word), "all of it");
        return [.. passes.CountBy(static pass => pass).Select(static pass => pass.Value)];
    }
}
