using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// The blocks that are home and in no thread's cache: a stack without a lock, for any number of threads, which links the
/// blocks themselves and so allocates nothing.
/// </summary>
/// <remarks>
/// The head is a block's link and a tag, which every removal changes. A swap of the head that succeeds has therefore seen
/// a stack from which nothing was removed since it was read, and what it read of the topmost blocks is true. What is read
/// before a swap that fails may be nonsense, and is only ever used to fail.
/// </remarks>
internal sealed class FreeBlocks
{
    private const long LinkMask = 0xFFFF_FFFF;
    private const long OneRemoval = 1L << 32;

    private readonly SlabTable _table;
    private Top _top;

    public FreeBlocks(SlabTable table) => _table = table;

    public bool IsEmpty => LinkOf(Volatile.Read(ref _top.Head)) == 0;

    /// <summary>How many there are; a moment later it may be another number.</summary>
    public int Count => TryGetDepth(Volatile.Read(ref _top.Head), out var depth) ? depth : 0;

    /// <summary>Puts blocks on top, the last one topmost, with one swap.</summary>
    public void Push(ReadOnlySpan<RegisteredBlock> blocks)
    {
        if (blocks.IsEmpty)
        {
            return;
        }

        for (var i = 1; i < blocks.Length; i++)
        {
            blocks[i].NextFree = blocks[i - 1].Link;
        }

        while (true)
        {
            var head = Volatile.Read(ref _top.Head);
            if (!TryGetDepth(head, out var depth))
            {
                continue;
            }

            blocks[0].NextFree = LinkOf(head);
            foreach (var block in blocks)
            {
                block.Depth = ++depth;
            }

            if (Interlocked.CompareExchange(ref _top.Head, (head & ~LinkMask) | (uint)blocks[^1].Link, head) == head)
            {
                return;
            }
        }
    }

    public void Push(RegisteredBlock block) => Push(new ReadOnlySpan<RegisteredBlock>(in block));

    public RegisteredBlock? Pop()
    {
        RegisteredBlock? block = null;
        return Pop(new Span<RegisteredBlock>(ref block!)) == 0 ? null : block;
    }

    /// <summary>Takes up to as many as fit, with one swap; the topmost, which was used last, comes last.</summary>
    public int Pop(Span<RegisteredBlock> into)
    {
        while (true)
        {
            var head = Volatile.Read(ref _top.Head);
            var link = LinkOf(head);
            if (link == 0)
            {
                return 0;
            }

            var taken = 0;
            while (link != 0 && taken < into.Length && _table.Find(link) is { } block)
            {
                into[taken++] = block;
                link = block.NextFree;
            }

            // Nothing, or less than there was room for, with a link left over: the link was stale, and so is the head.
            if (taken < into.Length && link != 0)
            {
                continue;
            }

            // Ours as soon as the swap has succeeded, and others' after that only through a push of ours.
            var left = into[taken - 1].Depth - 1;
            if (Interlocked.CompareExchange(ref _top.Head, NextTag(head) | (uint)link, head) == head)
            {
                NoteLow(left);
                into[..taken].Reverse();
                return taken;
            }
        }
    }

    /// <summary>Takes all there are, the bottom first. Under the pool's lock; others may push and pop meanwhile.</summary>
    public RegisteredBlock[] Detach()
    {
        while (true)
        {
            var head = Volatile.Read(ref _top.Head);
            if (Interlocked.CompareExchange(ref _top.Head, NextTag(head), head) != head)
            {
                continue;
            }

            // Slabs go only under the lock that the caller holds, so every link of the detached chain leads to a block.
            var blocks = new List<RegisteredBlock>();
            for (var link = LinkOf(head); link != 0;)
            {
                var block = _table.Find(link)!;
                blocks.Add(block);
                link = block.NextFree;
            }

            blocks.Reverse();
            return [.. blocks];
        }
    }

    /// <summary>
    /// The fewest there were since the last call: as many were of no use to anybody. Nearly exact, since two pops at the
    /// same moment may overwrite each other's note; nothing but the speed of shrinking hangs on it.
    /// </summary>
    public int TakeLowWater()
    {
        var now = Count;
        return Math.Min(now, Interlocked.Exchange(ref _top.Low, now));
    }

    private static int LinkOf(long head) => (int)(head & LinkMask);

    private static long NextTag(long head) => unchecked((head & ~LinkMask) + OneRemoval);

    private void NoteLow(int count)
    {
        if (count < _top.Low)
        {
            _top.Low = count;
        }
    }

    private bool TryGetDepth(long head, out int depth)
    {
        var link = LinkOf(head);
        var block = link == 0 ? null : _table.Find(link);
        depth = block?.Depth ?? 0;
        return link == 0 || block is not null;
    }

    // Every thread writes it: alone on its cache lines (two, for the adjacent-line prefetcher).
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Top
    {
        [FieldOffset(128)]
        public long Head;

        [FieldOffset(136)]
        public int Low;
    }
}
