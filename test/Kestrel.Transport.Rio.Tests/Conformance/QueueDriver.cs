using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>Does with one completion queue what a poller would, for as long as the test wants it.</summary>
internal sealed class QueueDriver : IDisposable
{
    // Peers are not on the completion queue: this is how late a change at a peer may be noticed.
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(1);

    private readonly Bench _bench;
    private readonly RioResult[] _batch = new RioResult[64];
    private readonly List<Link> _links = [];
    private readonly ulong _firstContext;
    private bool _disposed;

    public QueueDriver(Bench bench, int capacity, ulong firstContext)
    {
        _bench = bench;
        _firstContext = firstContext;
        Queue = bench.Io.CreateCompletionQueue(capacity);
    }

    public CompletionQueue Queue { get; }

    /// <summary>Every completion that was dequeued, in order.</summary>
    public List<RioResult> Seen { get; } = [];

    public Link Connect(int maxReceives = 4, int maxSends = 16)
    {
        var peer = _bench.Connect(out var accepted);
        return Own(accepted, peer, maxReceives, maxSends);
    }

    public Link Own(AcceptedSocket accepted, RemoteEnd peer, int maxReceives = 4, int maxSends = 16)
    {
        var context = _firstContext + (ulong)_links.Count;
        var error = Queue.CreateRequestQueue(accepted, context, maxReceives, maxSends, out var requestQueue);
        Assert.Equal(SocketError.Success, error);
        var link = new Link(requestQueue!, context, peer);
        _links.Add(link);
        return link;
    }

    /// <summary>One pass: what a poller does between two batches.</summary>
    public void Pass() => Pass(s_look);

    public void RunUntil(Func<bool> condition, string what)
    {
        var deadline = new Deadline();
        while (!condition())
        {
            Assert.False(deadline.IsOver, $"Did not happen in {Deadline.Length}: {what}. Seen: {string.Join("; ", Seen.TakeLast(8))}");
            Pass();
        }
    }

    /// <summary>Waits without taking completions.</summary>
    public void RunUntilQuietly(Func<bool> condition, string what)
    {
        var deadline = new Deadline();
        while (!condition())
        {
            Assert.False(deadline.IsOver, $"Did not happen in {Deadline.Length}: {what}.");
            Queue.Wait(s_look);
        }
    }

    /// <summary>Runs until a request has completed, and sees to it that it did so once.</summary>
    public RioResult CompletionOf(Link link, ulong requestContext)
    {
        RunUntil(() => CompletionsOf(link, requestContext).Any(), $"a completion of {requestContext} on {link.SocketContext}");
        return Assert.Single(CompletionsOf(link, requestContext));
    }

    public IEnumerable<RioResult> CompletionsOf(Link link)
        => Seen.Where(result => result.SocketContext == link.SocketContext);

    public IEnumerable<RioResult> CompletionsOf(Link link, ulong requestContext)
        => CompletionsOf(link).Where(result => result.RequestContext == requestContext);

    /// <summary>Runs until nothing is outstanding, closing sockets included.</summary>
    public void Drain() => RunUntil(() => Queue.Outstanding == 0, "nothing outstanding");

    /// <summary>
    /// A full round trip on a connection of its own, in both directions. What has not happened when it is over was not
    /// about to happen: the way for a test to see that nothing comes, without waiting for it.
    /// </summary>
    public void Fence()
    {
        var fence = Connect(maxReceives: 1, maxSends: 1);
        using var memory = new RegisteredMemory(_bench.Io, 4096);
        fence.Peer.StartReading();
        fence.Peer.Write([1]);
        Assert.Equal(SocketError.Success, fence.Queue.Receive(memory.Slice(0, 1), requestContext: 1));
        Assert.Equal(SocketError.Success, fence.Queue.Send(memory.Slice(1, 1), requestContext: 2));
        CompletionOf(fence, 1);
        CompletionOf(fence, 2);
        RunUntil(() => fence.Peer.Received == 1, "the fence's byte");
        fence.Queue.Close(CloseMode.Graceful);
        RunUntil(() => fence.Peer.EndReceived, "the fence's end");
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (var link in _links)
        {
            link.Queue.Close(CloseMode.Abortive);
        }

        Drain();
        Queue.Dispose();
        foreach (var link in _links)
        {
            link.Peer.Dispose();
        }
    }

    private void Pass(TimeSpan timeout)
    {
        int count;
        do
        {
            count = Queue.Dequeue(_batch);
            Seen.AddRange(_batch.AsSpan(0, count));
        }
        while (count == _batch.Length);

        Queue.Wait(count > 0 ? TimeSpan.Zero : timeout);
    }
}
