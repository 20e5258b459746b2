using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

/// <summary>For providers without <see cref="RioCapabilities.CanSendAtOnce"/>.</summary>
public abstract class NoSendAtOnceScenario : Scenario
{
    private protected NoSendAtOnceScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void SendAtOnce_without_the_capability_throws_and_requests_work()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);

        Assert.Throws<NotSupportedException>(() => link.Queue.SendAtOnce([memory.All], out _));

        Assert.Equal(SocketError.Success, link.Queue.Send(memory.All, requestContext: 1));
        Main.RunUntil(() => link.Peer.Received == 4096, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
    }
}
