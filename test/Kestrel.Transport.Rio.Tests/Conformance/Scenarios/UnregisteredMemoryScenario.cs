using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

/// <summary>For providers with <see cref="RioCapabilities.AcceptsUnregisteredBuffers"/>.</summary>
public abstract class UnregisteredMemoryScenario : Scenario
{
    private protected UnregisteredMemoryScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Unregistered_memory_can_be_received_into_and_sent()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096, registered: false);
        var bytes = Bench.Bytes(100);
        link.Peer.Write(bytes);
        Assert.Equal(SocketError.Success, link.Queue.Receive(memory.Slice(500, 100), requestContext: 1));
        var count = (int)Main.CompletionOf(link, 1).BytesTransferred;

        Assert.Equal(SocketError.Success, link.Queue.Send(memory.Slice(500, count), requestContext: 2));

        Assert.Equal((uint)count, Main.CompletionOf(link, 2).BytesTransferred);
        Main.RunUntil(() => link.Peer.Received == count, "the echo");
        Assert.Equal(bytes[..count], link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Unregistered_and_registered_memory_mix_in_one_commit()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var registered = Bench.AllocateFilled(4096);
        var unregistered = Bench.Allocate(4096, registered: false);
        registered.Span.CopyTo(unregistered.Span);
        for (var i = 0; i < 10; i++)
        {
            var memory = i % 2 == 0 ? registered : unregistered;
            link.Queue.Send(memory.Slice(i * 100, 100), (ulong)i, RequestFlags.Defer);
        }

        link.Queue.Commit();

        Main.RunUntil(() => link.Peer.Received == 1000, "the bytes");
        Assert.Equal(Bench.Bytes(4096)[..1000], link.Peer.ReceivedBytes());
        Main.RunUntil(() => Main.CompletionsOf(link).Count() == 10, "all sends");
    }
}
