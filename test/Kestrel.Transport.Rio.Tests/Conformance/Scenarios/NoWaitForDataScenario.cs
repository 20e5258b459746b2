using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

/// <summary>For providers without <see cref="RioCapabilities.CanWaitForData"/>.</summary>
public abstract class NoWaitForDataScenario : Scenario
{
    private protected NoWaitForDataScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void WaitForData_without_the_capability_throws_and_queues_nothing()
    {
        var link = Main.Connect(maxReceives: 1);

        Assert.Throws<NotSupportedException>(() => link.Queue.WaitForData(requestContext: 1));

        Assert.Equal(0, Main.Queue.Outstanding);
        var memory = Bench.Allocate(4096);
        Assert.Equal(SocketError.Success, link.Queue.Receive(memory.All, requestContext: 2));
    }
}
