namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>What goes wrong, on top of completions that are held back, wake-ups that come late and receives that fall short.</summary>
internal enum FaultKind
{
    /// <summary>Nothing more: every byte must arrive.</summary>
    Timing,

    /// <summary>The kernel's own short transfers and EAGAIN, on sockets that do not wait or have hardly any buffer: every byte must arrive.</summary>
    Sockets,

    /// <summary>Requests are refused.</summary>
    Refusals,

    /// <summary>Sends end half-way.</summary>
    ShortSends,

    /// <summary>Requests complete with ENOBUFS, EAGAIN, ECANCELED, as reset or as timed out.</summary>
    Failures,

    /// <summary>Accepting fails with EMFILE, ENFILE, ENOBUFS or ECONNABORTED: every byte must arrive.</summary>
    Accepts,

    /// <summary>Request queues are refused, and completion queues do not always grow.</summary>
    Queues,

    /// <summary>Memory is refused or not registered, and there is little of it.</summary>
    Memory,

    /// <summary>Pollers die.</summary>
    Deaths,

    /// <summary>All of it, each seldom.</summary>
    Everything,
}
