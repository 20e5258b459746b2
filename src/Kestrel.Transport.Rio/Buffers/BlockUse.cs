namespace Kestrel.Transport.Rio.Buffers;

/// <summary>What a block was given to the kernel for. Noted where returned memory is checked, to be named.</summary>
internal enum BlockUse
{
    /// <summary>The kernel has not had it since it was lent.</summary>
    None,

    Receive,
    Send,
}
