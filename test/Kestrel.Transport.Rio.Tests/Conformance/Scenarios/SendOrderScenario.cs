using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class SendOrderScenario : Scenario
{
    private const int MaxSends = 128;

    private protected SendOrderScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Deferred_sends_arrive_and_complete_in_posting_order()
    {
        var link = Main.Connect(maxSends: MaxSends);
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(MaxSends * 100);
        for (var i = 0; i < MaxSends; i++)
        {
            Assert.Equal(SocketError.Success, link.Queue.Send(memory.Slice(i * 100, 100), (ulong)i, RequestFlags.Defer));
        }

        link.Queue.Commit();

        Main.RunUntil(() => Main.CompletionsOf(link).Count() == MaxSends, "all sends");
        Assert.Equal(Enumerable.Range(0, MaxSends).Select(i => (ulong)i), Main.CompletionsOf(link).Select(r => r.RequestContext));
        Assert.All(Main.CompletionsOf(link), result => Assert.Equal(100u, result.BytesTransferred));
        Main.RunUntil(() => link.Peer.Received == MaxSends * 100, "the bytes");
        Assert.Equal(Bench.Bytes(MaxSends * 100), link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Sends_that_are_committed_one_by_one_keep_their_order()
    {
        var link = Main.Connect(maxSends: MaxSends);
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(MaxSends * 100);
        for (var i = 0; i < MaxSends; i++)
        {
            link.Queue.Send(memory.Slice(i * 100, 100), (ulong)i);
        }

        Main.RunUntil(() => link.Peer.Received == MaxSends * 100, "the bytes");
        Assert.Equal(Bench.Bytes(MaxSends * 100), link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Sends_committed_behind_others_in_flight_keep_the_order()
    {
        const int Large = 4 * 1024 * 1024;
        const int Small = 64;
        var link = Main.Connect(maxSends: MaxSends);
        var memory = Bench.AllocateFilled(Large + ((MaxSends - 1) * Small));

        // The peer does not read, so this one is in flight until it does.
        link.Queue.Send(memory.Slice(0, Large), requestContext: 0);
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));
        for (var i = 1; i < MaxSends; i++)
        {
            var flags = i % 3 == 0 ? RequestFlags.None : RequestFlags.Defer;
            link.Queue.Send(memory.Slice(Large + ((i - 1) * Small), Small), (ulong)i, flags);
            if (i % 10 == 0)
            {
                Main.Pass();
            }
        }

        link.Queue.Commit();
        link.Peer.StartReading();

        Main.RunUntil(() => Main.CompletionsOf(link).Count() == MaxSends, "all sends");
        Assert.Equal(Enumerable.Range(0, MaxSends).Select(i => (ulong)i), Main.CompletionsOf(link).Select(r => r.RequestContext));
        Main.RunUntil(() => link.Peer.Received == memory.All.Length, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
    }

    [Fact]
    public void A_stream_of_slices_of_every_size_arrives_in_order()
    {
        const int Length = 2_000_000;
        var link = Main.Connect(maxSends: 32);
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(Length);
        var random = new Simulation.DeterministicRandom(5);
        var context = 0UL;
        for (var offset = 0; offset < Length;)
        {
            var size = Math.Min(Length - offset, random.Between(1, 40_000));
            var flags = random.Chance(0.7) ? RequestFlags.Defer : RequestFlags.None;
            if (link.Queue.Send(memory.Slice(offset, size), context, flags) == SocketError.Success)
            {
                offset += size;
                context++;
                continue;
            }

            link.Queue.Commit();
            Main.Pass();
        }

        link.Queue.Commit();
        Main.RunUntil(() => link.Peer.Received == Length, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
        Main.RunUntil(() => (ulong)Main.CompletionsOf(link).Count() == context, "all sends");
    }
}
