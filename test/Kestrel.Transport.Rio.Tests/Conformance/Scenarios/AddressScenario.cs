using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class AddressScenario : Scenario
{
    private static readonly System.Net.IPEndPoint s_family = new(System.Net.IPAddress.Any, 0);

    private protected AddressScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void The_local_end_point_is_on_the_loopback()
    {
        var link = Main.Connect();

        var local = Assert.IsType<System.Net.IPEndPoint>(link.Queue.GetLocalEndPoint(s_family));
        Assert.Equal(System.Net.IPAddress.Loopback, local.Address);
        Assert.NotEqual(0, local.Port);
    }

    [Fact]
    public void Socket_is_the_same_each_time_and_takes_options()
    {
        var link = Main.Connect();

        var socket = link.Queue.Socket;
        socket.NoDelay = true;

        Assert.Same(socket, link.Queue.Socket);
        Assert.True(socket.NoDelay);
    }

    [Fact]
    public void Traffic_goes_on_when_the_socket_was_handed_out()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        _ = link.Queue.Socket;
        var memory = Bench.Allocate(4096);
        link.Peer.Write([1]);

        link.Queue.Receive(memory.Slice(0, 1), requestContext: 1);
        link.Queue.Send(memory.Slice(1, 1), requestContext: 2);

        Assert.Equal(1u, Main.CompletionOf(link, 1).BytesTransferred);
        Assert.Equal(1u, Main.CompletionOf(link, 2).BytesTransferred);
    }
}
