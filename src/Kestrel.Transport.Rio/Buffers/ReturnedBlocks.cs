using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Clears blocks that come back, or fills them with a pattern that is to be still there when they are lent again.</summary>
internal sealed class ReturnedBlocks
{
    // Neither text, nor the zeroes that fresh memory and most lengths begin with.
    public const byte Pattern = 0xD7;

    private readonly bool _checks;
    private readonly ILogger _logger;

    private ReturnedBlocks(bool checks, ILogger logger)
    {
        _checks = checks;
        _logger = logger;
    }

    /// <summary>Null where blocks are left as they are.</summary>
    public static ReturnedBlocks? Create(ReturnedMemory treatment, ILogger logger)
        => treatment == ReturnedMemory.Kept ? null : new ReturnedBlocks(treatment == ReturnedMemory.Checked, logger);

    /// <summary>While the block is still with whoever returns it.</summary>
    public void OnReturned(RegisteredBlock block)
    {
        if (_checks)
        {
            block.GetSpan().Fill(Pattern);
        }
        else
        {
            block.GetSpan().Clear();
        }
    }

    /// <summary>Whether the block may be lent: nobody has written to it since it was returned.</summary>
    public bool IsSound(RegisteredBlock block)
    {
        if (!_checks || block.Rents == 0)
        {
            return true;
        }

        var at = block.GetSpan().IndexOfAnyExcept(Pattern);
        if (at < 0)
        {
            return true;
        }

        PoolLog.WrittenAfterReturn(_logger, block.Address, block.Slab!.Number, block.Offset, at, block.Rents);
        return false;
    }
}
