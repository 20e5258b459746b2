namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>RIO_MSG_*</c> (mswsockdef.h).</summary>
[Flags]
internal enum RioMessageFlags : uint
{
    None = 0,

    /// <summary><c>RIO_MSG_DONT_NOTIFY</c></summary>
    DoNotNotify = 1,

    /// <summary><c>RIO_MSG_DEFER</c></summary>
    Defer = 2,

    /// <summary><c>RIO_MSG_WAITALL</c>: not for a transport.</summary>
    WaitAll = 4,

    /// <summary><c>RIO_MSG_COMMIT_ONLY</c>: with no buffer and no context.</summary>
    CommitOnly = 8,
}
