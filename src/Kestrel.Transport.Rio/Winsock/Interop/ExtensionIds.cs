namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary>The names of the functions that <c>WSAIoctl</c> gives out (mswsock.h).</summary>
internal static class ExtensionIds
{
    /// <summary><c>WSAID_MULTIPLE_RIO</c></summary>
    public static Guid MultipleRio { get; } = new(0x8509e081, 0x96dd, 0x4005, 0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e, 0x3f);

    /// <summary><c>WSAID_ACCEPTEX</c></summary>
    public static Guid AcceptEx { get; } = new(0xb5367df1, 0xcbac, 0x11cf, 0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92);

    /// <summary><c>WSAID_GETACCEPTEXSOCKADDRS</c></summary>
    public static Guid GetAcceptExSockaddrs { get; } = new(0xb5367df2, 0xcbac, 0x11cf, 0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92);
}
