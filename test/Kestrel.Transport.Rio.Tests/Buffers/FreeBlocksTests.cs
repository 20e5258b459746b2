using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class FreeBlocksTests : IDisposable
{
    private const int Blocks = 12;

    private readonly PoolFixture _fixture = new();
    private readonly SlabTable _table = new(Blocks);
    private readonly FreeBlocks _free;
    private readonly Slab _slab;

    public FreeBlocksTests()
    {
        _free = new FreeBlocks(_table);
        _slab = new Slab(_fixture.Pool, 0, 1 << 20, Blocks * 4096, SlabRegistration.None, SlabTable.ShiftOf(Blocks));
        _table.Add(_slab);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Last_in_is_first_out_one_by_one_and_in_chains()
    {
        _free.Push(_slab.Blocks);
        Assert.Equal(Blocks, _free.Count);
        Assert.Same(_slab.Blocks[^1], _free.Pop());
        var chain = new RegisteredBlock[4];
        Assert.Equal(4, _free.Pop(chain));
        Assert.Equal(_slab.Blocks[7..11], chain);
        Assert.Equal(7, _free.Count);
        _free.Push(chain);
        Assert.Equal(_slab.Blocks[..11], _free.Detach());
        Assert.True(_free.IsEmpty);
        Assert.Null(_free.Pop());
        Assert.Equal(0, _free.Pop(chain));
    }

    [Fact]
    public void The_low_water_mark_is_the_fewest_since_it_was_last_taken()
    {
        _free.Push(_slab.Blocks);
        _free.TakeLowWater();
        var chain = new RegisteredBlock[5];
        _free.Pop(chain);
        _free.Push(chain);
        Assert.Equal(7, _free.TakeLowWater());
        Assert.Equal(12, _free.TakeLowWater());
    }

    [Fact]
    public void A_stale_link_finds_nothing()
    {
        Assert.Null(_table.Find(SlabTable.LinkOf(5, 0, 4)));
        Assert.Null(_table.Find(SlabTable.LinkOf(5000, 0, 4)));
        _table.Remove(_slab);
        Assert.Null(_table.Find(_slab.Blocks[0].Link));
    }

    /// <summary>
    /// Few blocks, taken by the chain and put back in another order: a swap that trusted the topmost block alone would now
    /// and then join the list to what another thread holds. Without the tag this fails within a fraction of its rounds.
    /// </summary>
    [Fact]
    public void A_head_that_went_and_came_back_is_noticed()
    {
        _free.Push(_slab.Blocks);
        var owners = new int[Blocks + 1];
        var breaches = 0;
        var threads = Enumerable.Range(1, 4).Select(id => new Thread(() =>
        {
            var random = new Random(id);
            var chain = new RegisteredBlock[Blocks];
            for (var round = 0; round < 3_000_000 && Volatile.Read(ref breaches) == 0; round++)
            {
                var taken = _free.Pop(chain.AsSpan(0, random.Next(1, 7)));
                foreach (var block in chain.AsSpan(0, taken))
                {
                    if (Interlocked.Exchange(ref owners[block.Link], id) != 0)
                    {
                        Interlocked.Increment(ref breaches);
                    }
                }

                // The top one goes back as the top one, over others.
                random.Shuffle(chain.AsSpan(0, Math.Max(0, taken - 1)));
                foreach (var block in chain.AsSpan(0, taken))
                {
                    if (Interlocked.Exchange(ref owners[block.Link], 0) != id)
                    {
                        Interlocked.Increment(ref breaches);
                    }
                }

                var split = taken == 0 ? 0 : random.Next(taken);
                _free.Push(chain.AsSpan(0, split));
                _free.Push(chain.AsSpan(split, taken - split));
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(0, breaches);
        Assert.Equal(Blocks, _free.Count);
        Assert.Equal(Blocks, _free.Detach().Distinct().Count());
    }
}
