using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class ManyReadableTests
{
    private const int Connections = 100;
    private const int MostBegunPerPass = 32;
    private const ulong Wait = 1;
    private const ulong Receive = 2;

    public ManyReadableTests() => Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");

    [Theory]
    [InlineData(IoUringCompletionQueue.SubmissionEntries)]
    [InlineData(1)]
    public void Many_readable_sockets_are_begun_over_several_passes(uint ringEntries)
    {
        // The smaller ring has room for 16 completions, and the others wait in the kernel.
        using var bench = new Bench(new IoUringFixture(ringEntries));
        WaitForDataThatIsThere(bench);

        var results = new RioResult[Connections * 2];
        var begun = new HashSet<ulong>();
        var deadline = new Deadline();
        while (begun.Count < Connections)
        {
            Assert.False(deadline.IsOver, $"{begun.Count} of {Connections} were begun.");
            bench.Main.Queue.Wait(TimeSpan.Zero);
            var count = bench.Main.Queue.Dequeue(results);
            Assert.InRange(count, 0, MostBegunPerPass);
            Assert.Equal(0, bench.Main.Queue.Dequeue(results.AsSpan(count)));
            foreach (var result in results.AsSpan(0, count))
            {
                Assert.Equal(Wait, result.RequestContext);
                Assert.True(begun.Add(result.SocketContext), "A wait completed twice.");
            }
        }
    }

    [Fact]
    public void Sockets_begun_earlier_go_first()
    {
        using var bench = new Bench(new IoUringFixture());
        var links = WaitForDataThatIsThere(bench);
        var memory = bench.Allocate(Connections);

        var results = new RioResult[Connections * 2];
        bench.Main.Queue.Submit();
        var begun = bench.Main.Queue.Dequeue(results);
        Assert.Equal(MostBegunPerPass, begun);
        for (var i = 0; i < begun; i++)
        {
            var link = links[results[i].SocketContext];
            Assert.Equal(SocketError.Success, link.Queue.Receive(memory.Slice(i, 1), Receive));
        }

        bench.Main.Queue.Submit();
        Assert.Equal(begun + MostBegunPerPass, bench.Main.Queue.Dequeue(results));
        Assert.All(results[..begun], result => Assert.Equal(Receive, result.RequestContext));
        Assert.All(results[begun..(begun + MostBegunPerPass)], result => Assert.Equal(Wait, result.RequestContext));
    }

    /// <summary>The data come first, so that every wait completes within the call that submits it.</summary>
    private static Dictionary<ulong, Link> WaitForDataThatIsThere(Bench bench)
    {
        var links = Enumerable.Range(0, Connections).Select(_ => bench.Main.Connect()).ToArray();
        foreach (var link in links)
        {
            link.Peer.Write([1]);
        }

        bench.Main.Fence();
        foreach (var link in links)
        {
            Assert.Equal(SocketError.Success, link.Queue.WaitForData(Wait));
        }

        return links.ToDictionary(link => link.SocketContext);
    }
}
