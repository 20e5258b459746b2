using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Threads;

/// <summary>
/// The same rules as for schedules where threads are real: nobody says in which order things happen, so there are fewer of
/// them, and a deadline.
/// </summary>
public sealed class ThreadedTests
{
    private const int Plans = 150;
    private const int MaxConnections = 30;

    [Theory]
    [InlineData(ApplicationScheduling.ThreadPool)]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public void Every_connection_is_served_and_nothing_is_left(ApplicationScheduling scheduling)
        => Prop.ForAll(ThreadedGenerator.For(scheduling), ThreadedRun.RunAsync).Check(
            Config.QuickThrowOnFailure
                .WithQuietOnSuccess(true)
                .WithMaxTest(Plans)
                .WithEndSize(MaxConnections)
                .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(1, 1), FSharpOption<int>.None))));
}
