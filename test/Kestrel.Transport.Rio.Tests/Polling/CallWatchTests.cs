using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class CallWatchTests
{
    [Fact]
    public void Call_is_the_same_until_it_returns()
    {
        using var fixture = new PollerFixture();
        var poller = fixture.Poller;
        var before = new CallWatch(poller);
        CallWatch during = default;
        var seen = (Before: true, During: false);
        poller.Schedule(new ReadyWork(
            _ =>
            {
                during = new CallWatch(poller);
                seen = (before.IsSameCall, during.IsSameCall);
            },
            null));

        fixture.Pass();

        Assert.Equal((false, true), seen);
        Assert.False(during.IsSameCall);
        Assert.False(new CallWatch(poller).IsSameCall);
    }
}
