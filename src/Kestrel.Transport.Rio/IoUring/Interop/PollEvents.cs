namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>EPOLL*</c> (sys/epoll.h): readiness of a descriptor, and how it is reported.</summary>
[Flags]
internal enum PollEvents : uint
{
    None = 0,
    In = 0x1,

    /// <summary>Urgent data. TCP ends a receive at its mark, whatever is behind it.</summary>
    Urgent = 0x2,
    Out = 0x4,

    /// <summary>Reported whether it was asked for or not.</summary>
    Error = 0x8,

    /// <summary>Reported whether it was asked for or not.</summary>
    HangUp = 0x10,

    /// <summary><c>EPOLLRDHUP</c>: the peer's FIN has arrived.</summary>
    PeerEnded = 0x2000,

    /// <summary><c>EPOLLET</c>: a change is reported once.</summary>
    EdgeTriggered = 1u << 31,
}
