namespace Kestrel.Transport.Rio;

/// <summary>What the transport does with memory that a connection has returned, before another connection gets it.</summary>
public enum ReturnedMemory
{
    /// <summary>Nothing. A connection reads only memory that it has received into or written itself.</summary>
    Kept = 0,

    /// <summary>
    /// Clears it, so that the bytes of a connection stay in the process no longer than necessary. Costs one pass over each
    /// returned block.
    /// </summary>
    Cleared = 1,

    /// <summary>
    /// Fills it with a pattern, and checks the pattern before the memory is used again or released. It finds errors of drivers, of
    /// this transport, and of applications that use memory after they have returned it. A changed block is logged as Critical and
    /// never used again. Costs two passes over each block.
    /// </summary>
    Checked = 2,
}
