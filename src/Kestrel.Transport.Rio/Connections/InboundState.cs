namespace Kestrel.Transport.Rio.Connections;

/// <summary>Where the bytes from the peer are; docs/architecture.md has the table of transitions.</summary>
internal enum InboundState
{
    /// <summary>Not started.</summary>
    Idle,

    /// <summary>A wait for data is outstanding; no memory is held.</summary>
    WaitingForData,

    /// <summary>A receive is outstanding; its block, or the slice of one in which an idle connection waits, is the kernel's.</summary>
    Receiving,

    /// <summary>There is no registered memory to receive into.</summary>
    Starved,

    /// <summary>The application has more unread bytes than the limit; nothing is outstanding.</summary>
    Paused,

    /// <summary>Nothing will be received any more; the application is being told.</summary>
    Ended,

    /// <summary>The application has been told, and the pipe's blocks are back.</summary>
    Completed,
}
