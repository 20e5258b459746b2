namespace Kestrel.Transport.Rio.WinsockTests.Faults;

/// <summary>What goes wrong, on top of completions that come late, sends that start early and receives that fall short.</summary>
internal enum FaultKind
{
    /// <summary>Nothing more: every byte must arrive.</summary>
    Timing,

    /// <summary>Sends are refused, with each documented code.</summary>
    RefusedSends,

    /// <summary>Receives are refused, with each documented code.</summary>
    RefusedReceives,

    /// <summary>WSAENOBUFS from every call that may give it.</summary>
    NoBuffers,

    /// <summary>Requests complete as aborted.</summary>
    Aborted,

    /// <summary>Requests complete as on a connection that broke.</summary>
    Reset,

    /// <summary>Request queues are refused, and neither they nor the completion queues always grow.</summary>
    Queues,

    /// <summary>Memory is not registered, or there is no completion queue for every poller.</summary>
    Memory,

    /// <summary>A completion queue is lost (RIO_CORRUPT_CQ).</summary>
    LostQueue,

    /// <summary>All of it, each seldom.</summary>
    Everything,
}
