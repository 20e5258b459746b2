namespace Kestrel.Transport.Rio;

/// <summary>What is done with memory that a connection has given back, before another one gets it.</summary>
public enum ReturnedMemory
{
    /// <summary>Nothing. A connection reads no more of its memory than what it has received or written there itself.</summary>
    Kept = 0,

    /// <summary>
    /// It is cleared, so that what a connection has received or sent is not in the memory of the process any longer than it has
    /// to be. Costs a pass over each block that comes back.
    /// </summary>
    Cleared = 1,

    /// <summary>
    /// For the search of errors in drivers, in this transport and in applications that go on using memory which they have given back:
    /// memory is filled with a pattern, and looked at before it is lent again or given back to the system. What was written to
    /// meanwhile is logged as Critical and never used again. Costs two passes over each block.
    /// </summary>
    Checked = 2,
}
