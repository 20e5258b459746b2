using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>RIO_NOTIFICATION_COMPLETION</c> (mswsock.h), 64-bit: a type, and a union behind it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct RioNotificationCompletion
{
    [FieldOffset(0)]
    public RioNotificationType Type;

    /// <summary><c>Event.EventHandle</c></summary>
    [FieldOffset(8)]
    public nint EventHandle;

    /// <summary><c>Event.NotifyReset</c>, a BOOL.</summary>
    [FieldOffset(16)]
    public int NotifyReset;

    /// <summary><c>Iocp.IocpHandle</c></summary>
    [FieldOffset(8)]
    public nint IocpHandle;

    /// <summary><c>Iocp.CompletionKey</c></summary>
    [FieldOffset(16)]
    public nint CompletionKey;

    /// <summary><c>Iocp.Overlapped</c>: lives as long as the completion queue does.</summary>
    [FieldOffset(24)]
    public nint Overlapped;
}
