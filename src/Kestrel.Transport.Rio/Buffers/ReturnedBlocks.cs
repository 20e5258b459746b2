using System.Collections.Concurrent;
using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// Clears returned memory, or fills it with a pattern. The pattern must be unchanged when the memory is lent again or released. Any
/// thread.
/// </summary>
internal sealed class ReturnedBlocks
{
    // Neither text, nor the zeroes that fresh memory and most lengths begin with.
    public const byte Pattern = 0xD7;

    // An overflow block is nobody's when it has come back, so it is kept until so many have come after it.
    public const int OverflowKept = 64;

    // What somebody writes to must not be collected.
    private static readonly ConcurrentBag<RegisteredBlock> s_keptForGood = [];

    private readonly bool _checks;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<RegisteredBlock> _overflow = new();

    private ReturnedBlocks(bool checks, ILogger logger)
    {
        _checks = checks;
        _logger = logger;
    }

    /// <summary>Null where memory is left as it is.</summary>
    public static ReturnedBlocks? Create(ReturnedMemory treatment, ILogger logger)
        => treatment == ReturnedMemory.Kept ? null : new ReturnedBlocks(treatment == ReturnedMemory.Checked, logger);

    /// <summary>While the block is still with whoever returns it.</summary>
    public void OnReturned(RegisteredBlock block)
    {
        OnReturned(block.GetSpan());
        if (_checks && block.Link == 0)
        {
            _overflow.Enqueue(block);
            CheckOverflow(OverflowKept);
        }
    }

    public void OnReturned(Span<byte> memory)
    {
        if (_checks)
        {
            memory.Fill(Pattern);
        }
        else
        {
            memory.Clear();
        }
    }

    /// <summary>Whether the block may be lent, or freed: nobody has written to it since it was returned.</summary>
    public bool IsSound(RegisteredBlock block)
    {
        if (!_checks || block.Rents == 0)
        {
            return true;
        }

        if (IsUntouched(block.GetSpan(), out var first, out var last))
        {
            block.LastUse = BlockUse.None;
            return true;
        }

        var use = block.LastUse switch
        {
            BlockUse.Receive => "a receive",
            BlockUse.Send => "a send",
            _ => "memory of the application alone",
        };
        var offset = block.Slab is { } slab ? block.Address - slab.Address : 0;
        PoolLog.WrittenAfterReturn(_logger, block.Address, block.Slab?.Number, offset, first, last, block.Rents, use);
        return false;
    }

    /// <summary>The same for a bulk buffer that has been returned.</summary>
    public bool IsSound(nint bulkBuffer)
    {
        if (!_checks || IsUntouched(BulkBuffers.Bytes(bulkBuffer, BulkBuffers.Size), out var first, out var last))
        {
            return true;
        }

        PoolLog.BulkWrittenAfterReturn(_logger, bulkBuffer, first, last);
        return false;
    }

    /// <summary>Checks the overflow blocks that were returned first, until this many are left for later.</summary>
    public void CheckOverflow(int left)
    {
        while (_overflow.Count > left && _overflow.TryDequeue(out var block))
        {
            if (!IsSound(block))
            {
                s_keptForGood.Add(block);
            }
        }
    }

    private static bool IsUntouched(ReadOnlySpan<byte> memory, out int first, out int last)
    {
        first = memory.IndexOfAnyExcept(Pattern);
        last = first < 0 ? first : memory.LastIndexOfAnyExcept(Pattern);
        return first < 0;
    }
}
