using System.Diagnostics.CodeAnalysis;

namespace Kestrel.Transport.Rio.Contract.Support;

/// <summary>
/// Objects by slot and generation. A completion leads directly to its object. A late one leads to nothing, even when its slot (or
/// its file descriptor) is in use again. Not thread-safe.
/// </summary>
internal sealed class SlotTable<T>
    where T : class
{
    /// <summary>The bits of a key. The bits above are the caller's.</summary>
    public const int KeyBits = SlotBits + GenerationBits;

    private const int SlotBits = 32;
    private const int GenerationBits = 24;
    private const uint GenerationMask = (1 << GenerationBits) - 1;
    private const int InitialSlots = 64;

    private Slot[] _slots = new Slot[InitialSlots];
    private int _firstFree = -1;
    private int _used;

    public int Count { get; private set; }

    /// <summary>Puts an object into a free slot and returns its key, which is never 0.</summary>
    public ulong Add(T item)
    {
        int index;
        if (_firstFree >= 0)
        {
            index = _firstFree;
            _firstFree = _slots[index].NextFree;
        }
        else
        {
            if (_used == _slots.Length)
            {
                Array.Resize(ref _slots, _slots.Length * 2);
            }

            index = _used++;
        }

        ref var slot = ref _slots[index];
        slot.Item = item;
        // Generation 0 is left out, so that no key is 0 and a forgotten context cannot look like one.
        slot.Generation = (slot.Generation & GenerationMask) == GenerationMask ? 1 : slot.Generation + 1;
        Count++;
        return ((ulong)slot.Generation << SlotBits) | (uint)index;
    }

    /// <summary>The object of a key, unless it has been removed.</summary>
    public bool TryGet(ulong key, [NotNullWhen(true)] out T? item)
    {
        var index = (uint)key;
        if (index < (uint)_slots.Length)
        {
            ref var slot = ref _slots[index];
            if (slot.Generation == ((key >> SlotBits) & GenerationMask))
            {
                item = slot.Item;
                return item is not null;
            }
        }

        item = null;
        return false;
    }

    /// <summary>Frees the slot of a key that is in use.</summary>
    public void Remove(ulong key)
    {
        ref var slot = ref _slots[(uint)key];
        if (slot.Item is null || slot.Generation != ((key >> SlotBits) & GenerationMask))
        {
            throw new InvalidOperationException("The slot was freed before.");
        }

        slot.Item = null;
        slot.NextFree = _firstFree;
        _firstFree = (int)(uint)key;
        Count--;
    }

    /// <summary>A copy of the objects in the table.</summary>
    public T[] ToArray()
    {
        var items = new T[Count];
        var next = 0;
        for (var i = 0; i < _used; i++)
        {
            if (_slots[i].Item is { } item)
            {
                items[next++] = item;
            }
        }

        return items;
    }

    private struct Slot
    {
        public T? Item;
        public uint Generation;
        public int NextFree;
    }
}
