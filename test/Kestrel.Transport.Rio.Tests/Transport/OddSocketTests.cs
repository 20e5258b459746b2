using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>What goes wrong with one peer's socket while its connection is opened ends that connection, and no poller.</summary>
public sealed class OddSocketTests
{
    private static readonly byte[] s_ping = [1, 2, 3];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Socket_that_throws_while_it_is_opened_ends_alone(bool atAddress)
    {
        await using var transport = new SimulatedTransport(
            new SimulationOptions(), new RioTransportOptions { PollerCount = 1, SlabSize = 64 * 1024 });
        var (before, beforePeer) = await transport.ConnectAsync();
        transport.Faults.ThrowsAtAddress = atAddress;
        transport.Faults.ThrowsAtOpen = !atAddress;

        var odd = transport.Dial();
        await SimulatedTransport.UntilAsync(() => odd.ServerClosed, "the end of the odd connection");

        var (after, afterPeer) = await transport.ConnectAsync();
        foreach (var (connection, peer) in ((Microsoft.AspNetCore.Connections.ConnectionContext, SimulatedPeer)[])[(before, beforePeer), (after, afterPeer)])
        {
            peer.Write(s_ping);
            Assert.Equal(s_ping, await SimulatedTransport.ReadAsync(connection, s_ping.Length));
        }

        Assert.False(transport.Pollers.Pollers.Single().IsDead);
        await SimulatedTransport.UntilAsync(() => transport.Pollers.Pollers.Single().Connections == 2, "the release of the odd connection");
    }
}
