namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>RIO_NOTIFICATION_COMPLETION_TYPE</c> (mswsock.h).</summary>
internal enum RioNotificationType
{
    /// <summary><c>RIO_EVENT_COMPLETION</c></summary>
    Event = 1,

    /// <summary><c>RIO_IOCP_COMPLETION</c></summary>
    Iocp = 2,
}
