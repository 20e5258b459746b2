using System.Collections.Concurrent;
using BenchmarkDotNet.Attributes;
using Kestrel.Transport.Rio.Polling;

namespace Microbenchmarks;

/// <summary>
/// Posting items and draining them, without contention; against the queue that Kestrel's Sockets transport uses in the same
/// place.
/// </summary>
[MemoryDiagnoser]
public class MailboxBenchmarks
{
    private readonly Mailbox _mailbox = new();
    private readonly ConcurrentQueue<MailboxItem> _queue = new();
    private MailboxItem[] _items = [];

    [Params(1, 64)]
    public int Items { get; set; }

    [GlobalSetup]
    public void Setup() => _items = [.. Enumerable.Range(0, Items).Select(_ => new PollerAction(static () => { }))];

    [Benchmark(Baseline = true)]
    public int Queue()
    {
        foreach (var item in _items)
        {
            _queue.Enqueue(item);
        }

        var drained = 0;
        while (_queue.TryDequeue(out _))
        {
            drained++;
        }

        return drained;
    }

    /// <summary>With the marks that make a second post of an item one with the first, as the poller sets them.</summary>
    [Benchmark]
    public int Mailbox()
    {
        foreach (var item in _items)
        {
            if (item.TryMarkPosted())
            {
                _mailbox.Add(item);
            }
        }

        var drained = 0;
        for (var item = _mailbox.TakeAll(); item is not null; item = item.Next)
        {
            item.MarkTaken();
            drained++;
        }

        return drained;
    }
}
