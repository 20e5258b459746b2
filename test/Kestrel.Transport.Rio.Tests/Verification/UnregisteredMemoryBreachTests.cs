using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

public sealed class UnregisteredMemoryBreachTests() : BreachTest(new SimulationOptions().AsWinsock())
{
    [Fact]
    public void Unregistered_memory_that_the_provider_refuses_is_caught()
    {
        var unregistered = Memory.All with { Id = BufferId.Invalid };

        AssertBreach(
            LifecycleRule.NoUnregisteredMemoryWhereItIsNotTaken, () => Requests.Receive(unregistered, requestContext: 1));
    }
}
