using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

public sealed class UnregisteredMemoryBreachTests() : BreachTest(new SimulationOptions().AsWinsock())
{
    [Fact]
    public void Unregistered_memory_where_the_provider_does_not_take_it_is_caught()
    {
        var unregistered = Memory.All with { Id = BufferId.Invalid };

        AssertBreach(
            LifecycleRule.NoUnregisteredMemoryWhereItIsNotTaken, () => Requests.Receive(unregistered, requestContext: 1));
    }
}
