using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// One <c>epoll</c> instance. Its readiness belongs to no thread, unlike a poll that a thread submits to a ring: the next thread that
/// waits gets the event.
/// </summary>
internal sealed unsafe class ReadinessSet : IDisposable
{
    // struct epoll_event (sys/epoll.h) is packed on x86-64, and on no other processor.
    private static readonly int s_keyOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly int _descriptor;
    private readonly byte[] _events;
    private readonly int _capacity;
    private int _count;
    private int _taken;

    private ReadinessSet(int descriptor, int capacity)
    {
        _descriptor = descriptor;
        _capacity = capacity;
        _events = GC.AllocateArray<byte>(capacity * EventSize, pinned: true);
    }

    /// <summary>Reported events that were not taken yet.</summary>
    public bool HasEvent => _taken < _count;

    private static int EventSize => s_keyOffset + sizeof(ulong);

    /// <summary>Makes a set, or returns the errno with which the kernel refuses one.</summary>
    /// <param name="capacity">Events that are fetched at a time.</param>
    /// <param name="set">The set, when the result is 0.</param>
    public static int TryCreate(int capacity, out ReadinessSet? set)
    {
        var descriptor = LibC.EpollCreate(LibC.EpollCloseOnExec);
        set = descriptor < 0 ? null : new ReadinessSet(descriptor, capacity);
        return descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Adds a descriptor. Events that it is ready for already are reported too.</summary>
    /// <returns>0 or an errno.</returns>
    public int Add(int descriptor, PollEvents events, ulong key) => Control(LibC.EpollAdd, descriptor, events, key);

    /// <summary>Changes the events asked for. Those that the descriptor is ready for now are reported again.</summary>
    /// <returns>0 or an errno.</returns>
    public int Rearm(int descriptor, PollEvents events, ulong key) => Control(LibC.EpollModify, descriptor, events, key);

    public void Remove(int descriptor) => Control(LibC.EpollRemove, descriptor, PollEvents.None, 0);

    /// <summary>Fetches events. Only when all earlier ones were taken.</summary>
    /// <param name="milliseconds">How long to sleep for the first; -1 for no limit.</param>
    /// <returns>Whether there are any.</returns>
    public bool Wait(int milliseconds)
    {
        _taken = 0;

        // EINTR is a wait that ended early.
        var count = LibC.EpollWait(_descriptor, Events, _capacity, milliseconds);
        _count = Math.Max(count, 0);
        return _count > 0;
    }

    public bool TryTake(out PollEvents events, out ulong key)
    {
        if (_taken == _count)
        {
            (events, key) = (PollEvents.None, 0);
            return false;
        }

        var taken = Events + (_taken++ * EventSize);
        events = (PollEvents)Unsafe.ReadUnaligned<uint>(taken);
        key = Unsafe.ReadUnaligned<ulong>(taken + s_keyOffset);
        return true;
    }

    public void Dispose() => _ = LibC.Close(_descriptor);

    private byte* Events => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_events));

    private int Control(int operation, int descriptor, PollEvents events, ulong key)
    {
        var entry = stackalloc byte[EventSize];
        Unsafe.WriteUnaligned(entry, (uint)events);
        Unsafe.WriteUnaligned(entry + s_keyOffset, key);
        return LibC.EpollControl(_descriptor, operation, descriptor, entry) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
