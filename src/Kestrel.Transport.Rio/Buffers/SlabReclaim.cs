using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// Finds the slabs that nobody has a block of, and gives them back. Under the pool's lock, but for the two properties.
/// </summary>
/// <remarks>
/// It takes all free blocks out of the list and counts them by slab. When all blocks of a slab are among them, no renter, cache or request
/// has one. From then on none can be rented, so the slab may be deregistered.
/// </remarks>
internal sealed class SlabReclaim
{
    private readonly SlabTable _table;
    private readonly FreeBlocks _free;
    private readonly SlabSource _source;
    private readonly ReturnedBlocks? _returned;
    private readonly ILogger _logger;
    private readonly int _blocksPerSlab;

    private int _idleBlocks;
    private volatile bool _isSorting;
    private volatile int _aside;

    public SlabReclaim(SlabTable table, FreeBlocks free, SlabSource source, ReturnedBlocks? returned, int blocksPerSlab, ILogger logger)
    {
        _table = table;
        _free = free;
        _source = source;
        _returned = returned;
        _blocksPerSlab = blocksPerSlab;
        _logger = logger;
    }

    /// <summary>The list is empty only for the moment. A thread that finds nothing waits at the pool's lock.</summary>
    public bool IsSorting => _isSorting;

    /// <summary>Blocks that are home but in no list: being sorted, or of a slab that outlives the pool.</summary>
    public int Aside => _aside;

    /// <summary>Releases memory that was unused since the call before the last.</summary>
    public void Trim()
    {
        // Two intervals, so that a load that comes and goes every few seconds keeps its memory; half, so that one that
        // returns after a minute finds some of it.
        var idle = _free.TakeLowWater();
        var surplus = Math.Min(Math.Min(idle, _idleBlocks) / _blocksPerSlab, _table.Count - 1);
        _idleBlocks = idle;
        if (surplus > 0)
        {
            Release(atMost: (surplus + 1) / 2);
        }
    }

    /// <summary>
    /// Gives back all that can be given back, now that the pool is disposed and nobody may rent, and reports the rest.
    /// </summary>
    public void ReleaseAll(int cachedBlocks)
    {
        Detach();
        ReleaseComplete();
        var (leaked, awaited) = (new SlabsLeft(), new SlabsLeft());
        foreach (var slab in _table.Slabs)
        {
            if (slab is not null)
            {
                (Array.Exists(slab.Blocks, static block => block.IsAbandoned) ? leaked : awaited).Add(slab);
            }
        }

        if (leaked.Slabs > 0)
        {
            PoolLog.SlabsLeaked(_logger, leaked.Slabs, leaked.RegisteredBytes);
        }

        if (awaited.Slabs > 0)
        {
            PoolLog.SlabsAwaited(_logger, awaited.RentedBlocks, cachedBlocks, awaited.Slabs, awaited.RegisteredBytes);
        }
    }

    /// <summary>
    /// Collects blocks that came home to a disposed pool: from an application that goes on after its server has stopped waiting for
    /// it. Nothing is in a request any more, so their slabs go as they would have gone before.
    /// </summary>
    public void CollectLate()
    {
        foreach (var block in _free.Detach())
        {
            block.Slab!.Home++;
        }

        ReleaseComplete();
    }

    /// <summary>Gives back up to so many slabs, those that were never registered first.</summary>
    private void Release(int atMost)
    {
        _isSorting = true;
        var complete = new List<Slab>();
        try
        {
            var blocks = Detach();
            foreach (var slab in _table.Slabs)
            {
                if (slab is { IsComplete: true })
                {
                    complete.Add(slab);
                }
            }

            complete.Sort(static (a, b) => a.Registration.Exists != b.Registration.Exists ? a.Registration.Exists.CompareTo(b.Registration.Exists) : b.Number - a.Number);
            complete.RemoveRange(Math.Min(atMost, complete.Count), complete.Count - Math.Min(atMost, complete.Count));
            complete.RemoveAll(slab => !IsSound(slab));
            complete.ForEach(_table.Remove);
            _free.Push(Consolidate(blocks, except: complete));
            _aside = 0;
        }
        finally
        {
            _isSorting = false;
        }

        complete.ForEach(_source.Release);
    }

    /// <summary>
    /// The blocks with those of the emptiest slabs at the bottom, so that they are rented last and the load gathers in the
    /// others. One pass over the blocks, since renters may be waiting.
    /// </summary>
    private RegisteredBlock[] Consolidate(RegisteredBlock[] blocks, List<Slab> except)
    {
        var slabs = new List<Slab>();
        foreach (var slab in except)
        {
            slab.SortedTo = -1;
        }

        foreach (var slab in _table.Slabs)
        {
            if (slab is not null)
            {
                slabs.Add(slab);
            }
        }

        slabs.Sort(static (a, b) => b.Home != a.Home ? b.Home - a.Home : b.Number - a.Number);
        var place = 0;
        foreach (var slab in slabs)
        {
            slab.SortedTo = place;
            place += slab.Home;
        }

        var sorted = new RegisteredBlock[place];
        foreach (var block in blocks)
        {
            // Rented are by now those that were found to be written to.
            if (block.Slab!.SortedTo >= 0 && !block.IsRented)
            {
                sorted[block.Slab.SortedTo++] = block;
            }
        }

        return sorted;
    }

    /// <summary>
    /// Whether the blocks of a slab are unchanged since the last of them was returned. A slab with a changed block stays, without that
    /// block.
    /// </summary>
    private bool IsSound(Slab slab)
    {
        if (_returned is null)
        {
            return true;
        }

        foreach (var block in slab.Blocks)
        {
            if (!_returned.IsSound(block))
            {
                block.MarkWithheld();
                slab.Home--;
            }
        }

        return slab.IsComplete;
    }

    private RegisteredBlock[] Detach()
    {
        foreach (var slab in _table.Slabs)
        {
            slab?.Home = 0;
        }

        var blocks = _free.Detach();
        _aside = blocks.Length;
        foreach (var block in blocks)
        {
            block.Slab!.Home++;
        }

        return blocks;
    }

    private void ReleaseComplete()
    {
        var aside = 0;
        foreach (var slab in _table.Slabs)
        {
            if (slab is null)
            {
                continue;
            }

            if (slab.IsComplete && IsSound(slab))
            {
                _table.Remove(slab);
                _source.Release(slab);
            }
            else
            {
                aside += slab.Home;
            }
        }

        _aside = aside;
    }
}
