using Kestrel.Transport.Rio.Tests.Conformance.Scenarios;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>The simulation at its kindest, with the abilities of io_uring.</summary>
public static class SimulatedConformance
{
    public sealed class Accept() : AcceptScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Address() : AddressScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Capacity() : CapacityScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class CloseMode() : CloseModeScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Close() : CloseScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Defer() : DeferScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Dequeue() : DequeueScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class HalfClose() : HalfCloseScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class HandedOutSocket() : HandedOutSocketScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class HandedOutSocketUnregistered() : HandedOutSocketScenario(new SimulatedFixture(new SimulationOptions()), registered: false);

    public sealed class EndedThread() : EndedThreadScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class HandOver() : HandOverScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class LargeSend() : LargeSendScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Outstanding() : OutstandingScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Overflow() : OverflowScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class PeerEnds() : PeerEndsScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class RandomTraffic() : RandomTrafficScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Receive() : ReceiveScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Registration() : RegistrationScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class RequestLimit() : RequestLimitScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class SendAtOnce() : SendAtOnceScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class SendOrder() : SendOrderScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Send() : SendScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class UnregisteredMemory() : UnregisteredMemoryScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class WaitForData() : WaitForDataScenario(new SimulatedFixture(new SimulationOptions()));

    public sealed class Wake() : WakeScenario(new SimulatedFixture(new SimulationOptions()));
}
