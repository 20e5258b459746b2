using FsCheck;
using FsCheck.Fluent;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.FSharp.Core;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>
/// What docs/model/ checks in the model, on the code: whatever application code does and whenever the watch looks, the verifier
/// finds no two threads in a completion queue, and all work runs, once.
/// </summary>
public sealed class InterleavingTests
{
    private const int Plans = 150;
    private const int MaxSteps = 60;

    [Theory]
    [InlineData(ProviderShape.Unsteady, nameof(SlowWork.Waits))]
    [InlineData(ProviderShape.Unsteady, nameof(SlowWork.Computes))]
    [InlineData(ProviderShape.Unsteady, nameof(SlowWork.Unknown))]
    [InlineData(ProviderShape.WinsockUnsteady, nameof(SlowWork.Unknown))]
    public void No_work_is_lost_and_nobody_meets_another_inside(ProviderShape shape, string slowWork)
    {
        var known = Enum.Parse<SlowWork>(slowWork);
        var (aside, waited) = (0L, 0);
        Prop.ForAll(PlanOf(), async plan =>
        {
            var run = new InterleavingRun(shape, plan.MaxThreads, known);
            await run.RunAsync(plan.Steps);
            aside += run.WorkAside;
            waited += run.HasWaitedInLane ? 1 : 0;
        }).Check(
            Config.QuickThrowOnFailure
                .WithQuietOnSuccess(true)
                .WithMaxTest(Plans)
                .WithEndSize(MaxSteps)
                .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(1, 1), FSharpOption<int>.None))));
        Assert.Equal((known == SlowWork.Waits, known == SlowWork.Computes), (aside > 0, waited > 0));
    }

    private static Arbitrary<(int MaxThreads, InterleavingStep[] Steps)> PlanOf() => Arb.From(
        from maxThreads in Gen.Choose(2, 8)
        from steps in StepOf().ListOf()
        select (maxThreads, steps.ToArray()),
        plan => Enumerable.Range(0, plan.Item2.Length).Select(i => (plan.Item1, plan.Item2.Where((_, at) => at != i).ToArray())));

    private static Gen<InterleavingStep> StepOf()
        => from kind in Gen.Frequency(
               (3, Gen.Constant(InterleavingStepKind.Work)),
               (1, Gen.Constant(InterleavingStepKind.WorkOfAnotherThread)),
               (3, Gen.Constant(InterleavingStepKind.Look)),
               (2, Gen.Constant(InterleavingStepKind.Release)),
               (1, Gen.Constant(InterleavingStepKind.Block)),
               (1, Gen.Elements(Enum.GetValues<InterleavingStepKind>())))
           from connection in Gen.Choose(0, 3)
           select new InterleavingStep(kind, connection);
}
