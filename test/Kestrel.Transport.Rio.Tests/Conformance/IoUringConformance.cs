using Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>The provider on the machine's own kernel.</summary>
public static class IoUringConformance
{
    public sealed class Accept() : AcceptScenario(new IoUringFixture());

    public sealed class Address() : AddressScenario(new IoUringFixture());

    public sealed class Capacity() : CapacityScenario(new IoUringFixture());

    public sealed class CloseMode() : CloseModeScenario(new IoUringFixture());

    public sealed class Close() : CloseScenario(new IoUringFixture());

    public sealed class Defer() : DeferScenario(new IoUringFixture());

    public sealed class Dequeue() : DequeueScenario(new IoUringFixture());

    public sealed class HalfClose() : HalfCloseScenario(new IoUringFixture());

    public sealed class HandedOutSocket() : HandedOutSocketScenario(new IoUringFixture());

    public sealed class HandedOutSocketUnregistered() : HandedOutSocketScenario(new IoUringFixture(), registered: false);

    public sealed class EndedThread() : EndedThreadScenario(new IoUringFixture());

    public sealed class HandOver() : HandOverScenario(new IoUringFixture());

    public sealed class LargeSend() : LargeSendScenario(new IoUringFixture());

    public sealed class Outstanding() : OutstandingScenario(new IoUringFixture());

    public sealed class Overflow() : OverflowScenario(new IoUringFixture());

    public sealed class PeerEnds() : PeerEndsScenario(new IoUringFixture());

    public sealed class RandomTraffic() : RandomTrafficScenario(new IoUringFixture());

    public sealed class Receive() : ReceiveScenario(new IoUringFixture());

    public sealed class Registration() : RegistrationScenario(new IoUringFixture());

    public sealed class RequestLimit() : RequestLimitScenario(new IoUringFixture());

    public sealed class SendAtOnce() : SendAtOnceScenario(new IoUringFixture());

    public sealed class SendOrder() : SendOrderScenario(new IoUringFixture());

    public sealed class Send() : SendScenario(new IoUringFixture());

    public sealed class UnregisteredMemory() : UnregisteredMemoryScenario(new IoUringFixture());

    public sealed class WaitForData() : WaitForDataScenario(new IoUringFixture());

    public sealed class Wake() : WakeScenario(new IoUringFixture());
}
