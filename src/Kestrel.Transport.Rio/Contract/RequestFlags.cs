namespace Kestrel.Transport.Rio.Contract;

/// <summary>How a request is queued. Windows: the <c>RIO_MSG_*</c> flags (mswsock.h), with the same values.</summary>
[Flags]
internal enum RequestFlags
{
    /// <summary>The request, and every deferred one before it, is committed with this call.</summary>
    None = 0,

    /// <summary>
    /// <c>RIO_MSG_DEFER</c>: queued and counted against the limits immediately, but only started by a commit.
    /// </summary>
    Defer = 2,
}
