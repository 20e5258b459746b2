namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// Names one registration of memory with the kernel.
/// Windows: <c>RIO_BUFFERID</c> (mswsockdef.h). Linux: an index into the buffer table of every ring.
/// </summary>
internal readonly record struct BufferId(ulong Value)
{
    /// <summary>
    /// Memory that the kernel does not know. Windows: <c>RIO_INVALID_BUFFERID</c>, which is 0xFFFFFFFF zero-extended
    /// to the width of a pointer, not -1.
    /// </summary>
    public static BufferId Invalid => new(0xFFFF_FFFF);

    public bool IsValid => this != Invalid;
}
