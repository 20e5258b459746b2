namespace Kestrel.Transport.Rio.Contract;

/// <summary>How a socket is closed.</summary>
internal enum CloseMode
{
    /// <summary>
    /// The peer sees FIN behind the last byte sent. Outstanding sends may be cut off: a caller that wants them to arrive
    /// drains them first.
    /// </summary>
    Graceful,

    /// <summary>The peer sees RST: <c>SO_LINGER</c> 1, 0 and then close, on every platform.</summary>
    Abortive,
}
