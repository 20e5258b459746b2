using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// A few large buffers of one poller, into which connections receive that move bulk data. One request for 64 KiB and a copy
/// into the blocks of the pipe take a fraction of what sixteen requests take. Ordinary memory: the kernel copies into it all the
/// same. Touched by the poller's thread alone.
/// </summary>
internal sealed unsafe class BulkBuffers(INativeMemory memory, ReturnedBlocks? returned, ILogger logger)
{
    /// <summary>Bytes of a buffer. An upload that is received 16 KiB at a time takes nearly three times the CPU.</summary>
    public const int Size = 64 * 1024;

    /// <summary>A connection holds one from the moment that there are data until they have been copied, so a few serve all.</summary>
    public const int MaxBuffers = 8;

    private readonly Stack<nint> _free = new(MaxBuffers);
    private int _made;
    private bool _isLost;
    private bool _isRefused;

    /// <summary>Buffers that are in use, and those that nobody must use any more.</summary>
    public int Taken => _made - _free.Count;

    /// <summary>False where there are none left, or the system has no memory for one: blocks will do.</summary>
    public bool TryTake(out nint buffer)
    {
        while (_free.TryPop(out buffer))
        {
            if (returned is null || returned.IsSound(buffer))
            {
                return true;
            }
        }

        return _made < MaxBuffers && TryMake(out buffer);
    }

    /// <summary>The first bytes of a buffer.</summary>
    public static ReadOnlySpan<byte> Bytes(nint buffer, int count) => new((void*)buffer, count);

    /// <summary>What is returned after a loss is kept from everybody, for the kernel may still write to it.</summary>
    public void Return(nint buffer)
    {
        if (!_isLost)
        {
            returned?.OnReturned(new Span<byte>((void*)buffer, Size));
            _free.Push(buffer);
        }
    }

    /// <summary>The completion queue is lost, and nobody knows what the kernel does with the buffers that are in use.</summary>
    public void OnQueueLost() => _isLost = true;

    /// <summary>Frees the unused buffers.</summary>
    public void ReleaseSpare()
    {
        while (_free.TryPop(out var buffer))
        {
            if (returned is null || returned.IsSound(buffer))
            {
                memory.Free(buffer);
                _made--;
            }
        }
    }

    private bool TryMake(out nint buffer)
    {
        buffer = memory.Allocate(Size, sizeof(nint));
        if (buffer != 0)
        {
            _made++;
            _isRefused = false;
            return true;
        }

        if (!_isRefused)
        {
            _isRefused = true;
            PoolLog.MemoryRefused(logger, Size);
        }

        return false;
    }
}
