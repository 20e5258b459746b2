using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class RegistrationScenario : Scenario
{
    private protected RegistrationScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void A_registration_gets_a_valid_id_of_its_own()
    {
        var first = Bench.Allocate(4096);
        var second = Bench.Allocate(64 * 1024);

        Assert.True(first.Id.IsValid);
        Assert.True(second.Id.IsValid);
        Assert.NotEqual(first.Id, second.Id);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Registration_of_an_invalid_length_is_refused(int length)
    {
        var memory = Bench.Allocate(4096);

        var error = Bench.Io.RegisterBuffer(memory.All.Address, length, out var id);

        Assert.Contains(error, new[] { SocketError.InvalidArgument, SocketError.Fault });
        Assert.False(id.IsValid);
    }

    [Fact]
    public void Memory_that_does_not_exist_is_refused()
    {
        _ = Main;

        var error = Bench.Io.RegisterBuffer(0, 4096, out var id);

        Assert.Contains(error, new[] { SocketError.InvalidArgument, SocketError.Fault });
        Assert.False(id.IsValid);
    }

    [Fact]
    public void Deregistering_the_invalid_id_is_ignored()
    {
        Bench.Io.DeregisterBuffer(BufferId.Invalid);

        Assert.True(Bench.Allocate(4096).Id.IsValid);
    }

    [Fact]
    public void An_id_that_comes_back_means_the_new_memory()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var old = Bench.AllocateFilled(4096, seed: 1);
        old.Deregister();
        var memory = Bench.AllocateFilled(4096, seed: 2);

        link.Queue.Send(memory.All, requestContext: 1);

        Main.CompletionOf(link, 1);
        Main.RunUntil(() => link.Peer.Received == 4096, "the bytes");
        Assert.Equal(Bench.Bytes(4096, seed: 2), link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Registrations_come_and_go_many_times()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        for (var i = 1; i <= 200; i++)
        {
            using var memory = new RegisteredMemory(Bench.Io, 8192);
            memory.Span.Fill((byte)i);
            link.Queue.Send(memory.Slice(4096, 1), (ulong)i);
            Main.CompletionOf(link, (ulong)i);
        }

        Main.RunUntil(() => link.Peer.Received == 200, "the bytes");
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (byte)i), link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Memory_is_known_to_earlier_and_later_completion_queues()
    {
        var before = Bench.NewDriver();
        var memory = Bench.AllocateFilled(4096);
        var after = Bench.NewDriver();
        foreach (var driver in new[] { before, after })
        {
            var link = driver.Connect();
            link.Peer.StartReading();
            link.Queue.Send(memory.Slice(0, 100), requestContext: 1);
            Assert.Equal(100u, driver.CompletionOf(link, 1).BytesTransferred);
            driver.RunUntil(() => link.Peer.Received == 100, "the bytes");
            Assert.Equal(Bench.Bytes(4096)[..100], link.Peer.ReceivedBytes());
        }
    }

    [Fact]
    public async Task Another_thread_registers_while_the_owner_waits()
    {
        var driver = Main;
        var registering = Task.Run(
            () =>
            {
                for (var i = 0; i < 50; i++)
                {
                    using var memory = new RegisteredMemory(Bench.Io, 4096);
                }

                driver.Queue.Wake();
            },
            TestContext.Current.CancellationToken);

        driver.RunUntil(() => registering.IsCompleted, "the other thread's registrations");

        await registering;
    }
}
