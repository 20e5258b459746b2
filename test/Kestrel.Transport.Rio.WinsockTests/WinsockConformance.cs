using Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

namespace Kestrel.Transport.Rio.WinsockTests;

/// <summary>Winsock RIO: Windows' own, or the bench.</summary>
public static class WinsockConformance
{
    public sealed class Accept() : AcceptScenario(new WinsockFixture());

    public sealed class Address() : AddressScenario(new WinsockFixture());

    public sealed class Capacity() : CapacityScenario(new WinsockFixture());

    public sealed class CloseMode() : CloseModeScenario(new WinsockFixture());

    public sealed class Close() : CloseScenario(new WinsockFixture());

    public sealed class Defer() : DeferScenario(new WinsockFixture());

    public sealed class Dequeue() : DequeueScenario(new WinsockFixture());

    public sealed class HalfClose() : HalfCloseScenario(new WinsockFixture());

    public sealed class HandedOutSocket() : HandedOutSocketScenario(new WinsockFixture());

    public sealed class HandOver() : HandOverScenario(new WinsockFixture());

    public sealed class LargeSend() : LargeSendScenario(new WinsockFixture());

    public sealed class NoSendAtOnce() : NoSendAtOnceScenario(new WinsockFixture());

    public sealed class NoWaitForData() : NoWaitForDataScenario(new WinsockFixture());

    public sealed class Outstanding() : OutstandingScenario(new WinsockFixture());

    public sealed class Overflow() : OverflowScenario(new WinsockFixture());

    public sealed class PeerEnds() : PeerEndsScenario(new WinsockFixture());

    public sealed class RandomTraffic() : RandomTrafficScenario(new WinsockFixture());

    public sealed class Receive() : ReceiveScenario(new WinsockFixture());

    public sealed class Registration() : RegistrationScenario(new WinsockFixture());

    public sealed class RequestLimit() : RequestLimitScenario(new WinsockFixture());

    public sealed class SendOrder() : SendOrderScenario(new WinsockFixture());

    public sealed class Send() : SendScenario(new WinsockFixture());

    public sealed class Wake() : WakeScenario(new WinsockFixture());
}
