using Kestrel.Transport.Rio.Tests.Conformance.Scenarios;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>The simulation in the shape of Winsock: no wait for data, registered memory only, sends that start at the commit.</summary>
public static class WinsockSimulatedConformance
{
    public sealed class Accept() : AcceptScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Address() : AddressScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Capacity() : CapacityScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class CloseMode() : CloseModeScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Close() : CloseScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Defer() : DeferScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Dequeue() : DequeueScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class HalfClose() : HalfCloseScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class HandedOutSocket() : HandedOutSocketScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class HandOver() : HandOverScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class LargeSend() : LargeSendScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class NoSendAtOnce() : NoSendAtOnceScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class NoWaitForData() : NoWaitForDataScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Outstanding() : OutstandingScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Overflow() : OverflowScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class PeerEnds() : PeerEndsScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class RandomTraffic() : RandomTrafficScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Receive() : ReceiveScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Registration() : RegistrationScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class RequestLimit() : RequestLimitScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class SendOrder() : SendOrderScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Send() : SendScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));

    public sealed class Wake() : WakeScenario(new SimulatedFixture(new SimulationOptions { Seed = 3 }.AsWinsock()));
}
