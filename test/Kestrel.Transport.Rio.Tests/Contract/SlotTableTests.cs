using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Contract;

public sealed class SlotTableTests
{
    private const int GenerationBits = SlotTable<string>.KeyBits - 32;

    [Fact]
    public void A_key_leads_to_its_object_and_is_never_0()
    {
        var table = new SlotTable<string>();
        var keys = Enumerable.Range(0, 1000).Select(i => table.Add($"{i}")).ToArray();

        Assert.DoesNotContain(0UL, keys);
        Assert.Equal(keys.Length, keys.Distinct().Count());
        for (var i = 0; i < keys.Length; i++)
        {
            Assert.True(table.TryGet(keys[i], out var item));
            Assert.Equal($"{i}", item);
        }

        Assert.Equal(1000, table.Count);
        Assert.Equal(1000, table.ToArray().Length);
    }

    [Fact]
    public void A_key_whose_slot_was_taken_again_finds_nothing()
    {
        var table = new SlotTable<string>();
        var old = table.Add("old");
        table.Remove(old);
        var current = table.Add("new");

        Assert.Equal((uint)old, (uint)current);
        Assert.False(table.TryGet(old, out _));
        Assert.True(table.TryGet(current, out var item));
        Assert.Equal("new", item);
    }

    [Fact]
    public void Removed_key_finds_nothing_and_cannot_be_removed_again()
    {
        var table = new SlotTable<string>();
        var key = table.Add("one");
        table.Remove(key);

        Assert.False(table.TryGet(key, out _));
        Assert.Equal(0, table.Count);
        Assert.Throws<InvalidOperationException>(() => table.Remove(key));
        table.Add("two");
        Assert.Throws<InvalidOperationException>(() => table.Remove(key));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(5UL)]
    [InlineData(1_000_000UL)]
    [InlineData(ulong.MaxValue)]
    public void A_key_that_was_never_given_finds_nothing(ulong key)
    {
        var table = new SlotTable<string>();
        table.Add("one");

        Assert.False(table.TryGet(key, out _));
    }

    [Fact]
    public void Generations_wrap_without_0_and_without_a_repeat()
    {
        var table = new SlotTable<string>();
        var before = table.Add("");
        for (var i = 0; i < (1 << GenerationBits) + 3; i++)
        {
            table.Remove(before);
            var key = table.Add("");
            if (key == 0 || key == before || key >> SlotTable<string>.KeyBits != 0 || table.TryGet(before, out _))
            {
                Assert.Fail($"After {i} rounds the key is {key:x}, and before it was {before:x}.");
            }

            before = key;
        }

        Assert.True(table.TryGet(before, out _));
    }
}
