using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class AcceptScenario : Scenario
{
    private const ulong AcceptContext = 77;

    private protected AcceptScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Many_connections_are_accepted_and_each_is_its_own()
    {
        const int Count = 64;
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        Assert.False(accepts.IsArmed);
        accepts.Arm();
        Assert.True(accepts.IsArmed);
        var peers = Enumerable.Range(0, Count).Select(_ => Bench.Own(Bench.Fixture.ConnectTo(listenSocket))).ToArray();
        for (var i = 0; i < Count; i++)
        {
            peers[i].Write([(byte)i]);
            peers[i].StartReading();
        }

        Main.RunUntil(() => Accepted().Count() == Count, "all connections");
        var memory = Bench.Allocate(4096);
        var links = Accepted()
            .Select(result => Main.Own(accepts.TakeAccepted(result), peers[0]))
            .ToArray();
        for (var i = 0; i < Count; i++)
        {
            links[i].Queue.Receive(memory.Slice(i, 1), requestContext: 1);
            Main.CompletionOf(links[i], 1);
            links[i].Queue.Send(memory.Slice(i, 1), requestContext: 2);
        }

        Main.RunUntil(() => peers.All(peer => peer.Received == 1), "all echoes");
        for (var i = 0; i < Count; i++)
        {
            Assert.Equal([(byte)i], peers[i].ReceivedBytes());
        }

        CloseAndDrain(accepts);
    }

    [Fact]
    public void Connections_that_came_before_the_queue_was_armed_are_accepted()
    {
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        Main.Fence();
        Assert.Empty(Accepted());

        accepts.Arm();

        Main.RunUntil(() => Accepted().Any(), "the connection");
        DiscardAll(accepts);
        CloseAndDrain(accepts);
    }

    /// <summary>Some kernels give a socket that is gone, others nothing; none may take it for an error of the endpoint.</summary>
    [Fact]
    public void Connection_reset_before_arming_does_not_disarm()
    {
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        Bench.Own(Bench.Fixture.ConnectTo(listenSocket)).Reset();
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        Main.Fence();

        accepts.Arm();
        const int Count = 3;
        for (var i = 0; i < Count; i++)
        {
            Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
        }

        Main.RunUntil(() => Accepted().Count() >= Count, "the connections that were not reset");
        Main.Fence();
        Assert.True(accepts.IsArmed);
        Assert.DoesNotContain(Main.Seen, result => result.SocketContext == AcceptContext && result.Status != SocketError.Success);
        DiscardAll(accepts);
        CloseAndDrain(accepts);
    }

    [Fact]
    public void Accepted_socket_has_the_address_of_its_peer()
    {
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        accepts.Arm();
        var peer = Bench.Own(Bench.Fixture.ConnectTo(listenSocket));

        Main.RunUntil(() => Accepted().Any(), "the connection");

        var accepted = accepts.TakeAccepted(Accepted().Single());
        Assert.Equal(peer.LocalEndPoint, accepted.RemoteEndPoint);
        Bench.Io.Discard(accepted);
        CloseAndDrain(accepts);
    }

    /// <summary>Some kernels give a socket that is gone, others nothing. A socket that they give has its address.</summary>
    [Fact]
    public void Accepted_socket_has_its_address_when_the_peer_reset_before()
    {
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        var gone = Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
        gone.Reset();
        Main.Fence();
        var peer = Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);

        accepts.Arm();

        var addresses = new List<EndPoint?>();
        Main.RunUntil(
            () =>
            {
                TakeAddresses(accepts, addresses);
                return addresses.Contains(peer.LocalEndPoint);
            },
            "the connection that was not reset");
        Assert.All(addresses, address => Assert.Contains(address, new[] { gone.LocalEndPoint, peer.LocalEndPoint }));
        CloseAndDrain(accepts);
    }

    [Fact]
    public void Accepted_socket_has_its_address_when_the_peer_resets_meanwhile()
    {
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        accepts.Arm();
        var peer = Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
        Main.RunUntil(() => Accepted().Any(), "the connection");
        peer.Reset();
        Main.Fence();

        var addresses = new List<EndPoint?>();
        TakeAddresses(accepts, addresses);

        Assert.Equal(peer.LocalEndPoint, Assert.Single(addresses));
        CloseAndDrain(accepts);
    }

    [Fact]
    public void Close_disarms_with_OperationAborted()
    {
        var accepts = Main.Queue.CreateAcceptQueue(Bench.Own(ProviderFixture.Listen()), AcceptContext);
        accepts.Arm();
        Main.Pass();
        Assert.True(Main.Queue.Outstanding > 0);

        CloseAndDrain(accepts);

        var last = Assert.Single(Main.Seen);
        Assert.Equal((SocketError.OperationAborted, AcceptContext), (last.Status, last.SocketContext));
    }

    [Fact]
    public void Close_right_after_arming_disarms_too()
    {
        var accepts = Main.Queue.CreateAcceptQueue(Bench.Own(ProviderFixture.Listen()), AcceptContext);
        accepts.Arm();

        CloseAndDrain(accepts);

        Assert.Equal(SocketError.OperationAborted, Assert.Single(Main.Seen).Status);
    }

    [Fact]
    public void Close_of_a_queue_that_is_not_armed_gives_nothing()
    {
        var accepts = Main.Queue.CreateAcceptQueue(Bench.Own(ProviderFixture.Listen()), AcceptContext);

        accepts.Close();
        accepts.Close();

        Main.Fence();
        Assert.DoesNotContain(Main.Seen, result => result.SocketContext == AcceptContext);
    }

    [Fact]
    public void Error_disarms_the_queue_until_it_is_armed_again()
    {
        Bench.Fixture.SkipOn(MachineGap.AcceptWithoutListening);
        var listenSocket = Bench.Own(ProviderFixture.Bind());
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        accepts.Arm();
        Main.RunUntil(() => Main.Seen.Count > 0, "the error of a socket that does not listen");
        Assert.NotEqual(SocketError.Success, Main.Seen[0].Status);
        Assert.False(accepts.IsArmed);
        Assert.Equal(0, Main.Queue.Outstanding);

        listenSocket.Listen(8);
        accepts.Arm();
        Bench.Own(Bench.Fixture.ConnectTo(listenSocket));

        Main.RunUntil(() => Accepted().Any(), "the connection");
        DiscardAll(accepts);
        CloseAndDrain(accepts);
    }

    [Fact]
    public void Close_while_connections_arrive_loses_none_of_those_it_completed()
    {
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        accepts.Arm();
        Main.Queue.Submit();
        for (var i = 0; i < 20; i++)
        {
            Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
        }

        Main.Queue.Submit();
        CloseAndDrain(accepts);

        Assert.Equal(SocketError.OperationAborted, Main.Seen.Last(result => result.SocketContext == AcceptContext).Status);
        DiscardAll(accepts);
    }

    [Fact]
    public void Two_completion_queues_share_a_listening_socket()
    {
        const int Count = 40;
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        var drivers = new[] { Bench.NewDriver(), Bench.NewDriver() };
        var accepts = Array.ConvertAll(drivers, driver => driver.Queue.CreateAcceptQueue(listenSocket, AcceptContext));
        for (var i = 0; i < drivers.Length; i++)
        {
            accepts[i].Arm();
            drivers[i].Queue.Submit();
        }

        for (var i = 0; i < Count; i++)
        {
            Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
        }

        drivers[0].RunUntil(
            () =>
            {
                drivers[1].Pass();
                return drivers.Sum(driver => AcceptedBy(driver).Count()) == Count;
            },
            "all connections");
        for (var i = 0; i < drivers.Length; i++)
        {
            accepts[i].Close();
            drivers[i].RunUntil(() => !accepts[i].IsArmed, "the end of the accepts");
            foreach (var result in AcceptedBy(drivers[i]))
            {
                Bench.Io.Discard(accepts[i].TakeAccepted(result));
            }
        }
    }

    [Fact]
    public void Queue_goes_on_when_the_application_disposes_the_listening_socket()
    {
        var listenSocket = ProviderFixture.Listen();
        var endPoint = listenSocket.LocalEndPoint!;
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        accepts.Arm();
        Main.Pass();

        listenSocket.Dispose();

        for (var count = 1; count <= 40; count++)
        {
            Bench.Own(Bench.Fixture.ConnectTo(endPoint));
            Main.RunUntil(() => Accepted().Count() == count, "the connection");
        }

        DiscardAll(accepts);
        CloseAndDrain(accepts);
    }

    /// <summary>The number of the handle that was closed is the next socket's.</summary>
    [Fact]
    public void Queue_of_a_disposed_listening_socket_leaves_other_sockets_alone()
    {
        var listenSocket = ProviderFixture.Listen();
        var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        accepts.Arm();
        Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
        Main.RunUntil(() => Accepted().Any(), "the connection");

        listenSocket.Dispose();
        var others = Enumerable.Range(0, 8).Select(_ => Bench.Own(ProviderFixture.Listen())).ToArray();
        Main.Fence();
        var peers = Array.ConvertAll(others, other => Bench.Own(Bench.Fixture.ConnectTo(other)));
        Main.Fence();

        Assert.Single(Accepted());
        for (var i = 0; i < others.Length; i++)
        {
            var accepted = Bench.Fixture.Accept(others[i]);
            Assert.Equal(peers[i].LocalEndPoint, accepted.RemoteEndPoint);
            Main.Own(accepted, peers[i]);
        }

        DiscardAll(accepts);
        CloseAndDrain(accepts);
    }

    [Fact]
    public void Arm_of_a_disposed_listening_socket_begins_nothing()
    {
        var listenSocket = ProviderFixture.Listen();
        AcceptQueue? accepts = null;
        listenSocket.Dispose();

        Assert.Throws<ObjectDisposedException>(() =>
        {
            accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
            accepts.Arm();
        });

        Assert.Equal(0, Main.Queue.Outstanding);
        accepts?.Close();
        Main.Fence();
        Assert.DoesNotContain(Main.Seen, result => result.SocketContext == AcceptContext);
    }

    [Fact]
    public void Listening_socket_has_one_accept_queue_after_the_other()
    {
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        for (var round = 1; round <= 3; round++)
        {
            var accepts = Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
            accepts.Arm();
            Bench.Own(Bench.Fixture.ConnectTo(listenSocket));
            Main.RunUntil(() => Accepted().Any(), "the connection");
            DiscardAll(accepts);
            CloseAndDrain(accepts);
            Main.Seen.Clear();
        }
    }

    private static IEnumerable<RioResult> AcceptedBy(QueueDriver driver)
        => driver.Seen.Where(result => result is { SocketContext: AcceptContext, Status: SocketError.Success });

    private IEnumerable<RioResult> Accepted() => AcceptedBy(Main);

    private void DiscardAll(AcceptQueue accepts)
    {
        foreach (var result in Accepted())
        {
            Bench.Io.Discard(accepts.TakeAccepted(result));
        }
    }

    /// <summary>The addresses of the sockets that were accepted since the last call; the sockets are closed.</summary>
    private void TakeAddresses(AcceptQueue accepts, List<EndPoint?> addresses)
    {
        foreach (var result in Accepted().Skip(addresses.Count))
        {
            var accepted = accepts.TakeAccepted(result);
            addresses.Add(accepted.RemoteEndPoint);
            Bench.Io.Discard(accepted);
        }
    }

    private void CloseAndDrain(AcceptQueue accepts)
    {
        accepts.Close();
        Main.RunUntil(() => !accepts.IsArmed, "the end of the accepts");
        Main.RunUntil(
            () => Main.Seen.Exists(result => result is { SocketContext: AcceptContext, Status: SocketError.OperationAborted }),
            "the aborted accept");
    }
}
