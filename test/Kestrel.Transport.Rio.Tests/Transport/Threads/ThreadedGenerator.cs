using FsCheck;
using FsCheck.Fluent;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;

namespace Kestrel.Transport.Rio.Tests.Transport.Threads;

internal static class ThreadedGenerator
{
    public static Arbitrary<ThreadedPlan> For(ApplicationScheduling scheduling)
        => Arb.From(
            from shape in Gen.Elements(
                ProviderShape.Steady, ProviderShape.Unsteady, ProviderShape.Failing, ProviderShape.Winsock, ProviderShape.WinsockUnsteady)
            from seed in Gen.Choose(1, 1_000_000)
            from pollers in Gen.Choose(1, 3)
            from slabLimit in Gen.Elements(0, 0, 2)
            from stopsEarly in Gen.Elements(false, false, true)
            from connections in ConnectionOf().ListOf()
            select new ThreadedPlan(shape, seed, scheduling, pollers, slabLimit, stopsEarly, [.. connections]),
            Shrink);

    private static Gen<ConnectionPlan> ConnectionOf()
        => from bytes in Gen.Frequency((3, Gen.Choose(1, 5000)), (1, Gen.Choose(5000, 200_000)))
           from piece in Gen.Elements(100, 4096, 30_000)
           from server in Gen.Frequency((3, Gen.Constant(ServerManner.Echo)), (2, Gen.Elements(Enum.GetValues<ServerManner>())))
           from peer in Gen.Frequency((2, Gen.Constant(PeerManner.Finish)), (1, Gen.Elements(Enum.GetValues<PeerManner>())))
           select new ConnectionPlan(bytes, piece, server, peer);

    private static IEnumerable<ThreadedPlan> Shrink(ThreadedPlan plan)
    {
        for (var i = 0; i < plan.Connections.Count; i++)
        {
            yield return plan with { Connections = [.. plan.Connections.Take(i), .. plan.Connections.Skip(i + 1)] };
        }

        if (plan.Pollers > 1)
        {
            yield return plan with { Pollers = plan.Pollers - 1 };
        }
    }
}
