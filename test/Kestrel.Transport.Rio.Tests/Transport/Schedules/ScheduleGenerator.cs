using FsCheck;
using FsCheck.Fluent;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>Makes schedules, and makes failing ones smaller.</summary>
internal static class ScheduleGenerator
{
    private const int MaxConnections = 4;

    public static Arbitrary<Schedule> For(ProviderShape shape)
        => Arb.From(
            from settings in Settings(shape)
            from connections in Gen.Choose(1, MaxConnections)
            from steps in StepOf().ListOf()
            select new Schedule(settings, connections, [.. steps]),
            Shrink);

    private static Gen<ScheduleSettings> Settings(ProviderShape shape)
        => from seed in Gen.Choose(1, 1_000_000)
           from flags in Gen.Choose(0, 15)
           from maxRead in Gen.Elements<int?>(null, null, 0, 1, 2, 1000, 16 * 1024)
           from maxWrite in Gen.Elements<int?>(null, null, 0, 1, 1000, 16 * 1024)
           from slabLimit in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Constant(1)), (1, Gen.Constant(2)))
           from machineLimit in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Constant(1)))
           from window in Gen.Elements(64 * 1024, 64 * 1024, 5000, 10)
           from ending in Gen.Elements(Enum.GetValues<Ending>())
           select new ScheduleSettings
           {
               Shape = shape,
               Seed = seed,
               Accepts = (flags & 1) != 0,
               WaitForData = (flags & 2) != 0,
               FinOnError = (flags & 4) != 0,
               TellsLate = (flags & 8) != 0,
               MaxReadBufferSize = maxRead,
               MaxWriteBufferSize = maxWrite,
               SlabLimit = slabLimit,
               MachineSlabLimit = machineLimit,
               Window = window,
               Ending = ending,
           };

    private static Gen<Step> StepOf()
        => from kind in Kind()
           from connection in Gen.Choose(0, MaxConnections - 1)
           from amount in Amount()
           from onPoller in Gen.Elements(true, false)
           select new Step(kind, connection, amount, onPoller);

    // Ends are rare, so that there is something to end.
    private static Gen<StepKind> Kind() => Gen.Frequency(
        (60, Gen.Constant(StepKind.Pass)),
        (12, Gen.Constant(StepKind.Connect)),
        (30, Gen.Constant(StepKind.PeerWrites)),
        (4, Gen.Constant(StepKind.PeerFinishes)),
        (2, Gen.Constant(StepKind.PeerResets)),
        (6, Gen.Constant(StepKind.PeerStopsReading)),
        (6, Gen.Constant(StepKind.PeerStartsReading)),
        (30, Gen.Constant(StepKind.Read)),
        (25, Gen.Constant(StepKind.Write)),
        (8, Gen.Constant(StepKind.WriteFromOutsideThePool)),
        (3, Gen.Constant(StepKind.CompleteOutput)),
        (2, Gen.Constant(StepKind.CompleteInput)),
        (3, Gen.Constant(StepKind.Abort)),
        (3, Gen.Constant(StepKind.Dispose)),
        (8, Gen.Constant(StepKind.HoldBlocks)),
        (6, Gen.Constant(StepKind.ReturnBlocks)),
        (8, Gen.Constant(StepKind.Tell)),
        (6, Gen.Constant(StepKind.TimePasses)),
        (1, Gen.Constant(StepKind.StopListening)),
        (1, Gen.Constant(StepKind.StopPoller)));

    private static Gen<int> Amount() => Gen.Frequency(
        (6, Gen.Choose(1, 10)),
        (6, Gen.Choose(11, 1000)),
        (3, Gen.Choose(2000, 5000)),
        (1, Gen.Elements(4095, 4096, 4097, 8192)),
        (2, Gen.Choose(5001, 90_000)));

    private static IEnumerable<Schedule> Shrink(Schedule schedule)
    {
        var steps = schedule.Steps;
        for (var chunk = steps.Count; chunk > 0; chunk /= 2)
        {
            for (var start = 0; start + chunk <= steps.Count; start += chunk)
            {
                yield return schedule with { Steps = [.. steps.Take(start), .. steps.Skip(start + chunk)] };
            }
        }

        if (schedule.Connections > 1)
        {
            yield return schedule with { Connections = schedule.Connections - 1 };
        }

        foreach (var settings in Shrink(schedule.Settings))
        {
            yield return schedule with { Settings = settings };
        }

        for (var i = 0; i < steps.Count; i++)
        {
            foreach (var step in Shrink(steps[i]))
            {
                yield return schedule with { Steps = [.. steps.Take(i), step, .. steps.Skip(i + 1)] };
            }
        }
    }

    private static IEnumerable<ScheduleSettings> Shrink(ScheduleSettings settings)
    {
        ScheduleSettings[] simpler =
        [
            settings with { Shape = settings.IsWinsock ? ProviderShape.Winsock : ProviderShape.Steady },
            settings with { Accepts = false },
            settings with { WaitForData = true },
            settings with { FinOnError = false },
            settings with { TellsLate = false },
            settings with { MaxReadBufferSize = null },
            settings with { MaxWriteBufferSize = null },
            settings with { SlabLimit = 0 },
            settings with { MachineSlabLimit = 0 },
            settings with { Window = 64 * 1024 },
        ];
        return simpler.Where(candidate => candidate != settings);
    }

    private static IEnumerable<Step> Shrink(Step step)
    {
        if (step.OnPoller)
        {
            yield return step with { OnPoller = false };
        }

        if (step.Amount > 1)
        {
            yield return step with { Amount = 1 };
            yield return step with { Amount = step.Amount / 2 };
        }
    }
}
