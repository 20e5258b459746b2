using System.Net.Sockets;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary>
/// Errors (winerror.h) and the <see cref="SocketError"/> that each is outside of this folder. Winsock's own numbers, from
/// 10000 up, are <see cref="SocketError"/>'s already, and so are 995 and 997.
/// </summary>
internal static class ErrorCode
{
    public const int AccessDenied = 5;
    public const int NotEnoughMemory = 8;
    public const int UnexpectedNetworkError = 59;
    public const int NetworkNameDeleted = 64;
    public const int InvalidParameter = 87;
    public const int SemaphoreTimeout = 121;
    public const int WaitTimeout = 258;
    public const int OperationAborted = 995;
    public const int IoPending = 997;
    public const int NotFound = 1168;
    public const int ConnectionRefused = 1225;
    public const int NetworkUnreachable = 1231;
    public const int HostUnreachable = 1232;
    public const int ConnectionAborted = 1236;
    public const int NoSystemResources = 1450;
    public const int WorkingSetQuota = 1453;
    public const int AlreadyInProgress = 10037;

    /// <summary>
    /// Maps the I/O system's own errors of a socket to Winsock's. 64: the peer has reset the connection. 59: the socket has no
    /// connection (STATUS_INVALID_CONNECTION, ntstatus.h).
    /// </summary>
    public static SocketError ToSocketError(int error) => error switch
    {
        AccessDenied => SocketError.AccessDenied,
        NotEnoughMemory or NoSystemResources or WorkingSetQuota => SocketError.NoBufferSpaceAvailable,
        UnexpectedNetworkError => SocketError.NotConnected,
        NetworkNameDeleted => SocketError.ConnectionReset,
        InvalidParameter => SocketError.InvalidArgument,
        SemaphoreTimeout => SocketError.TimedOut,
        ConnectionRefused => SocketError.ConnectionRefused,
        NetworkUnreachable => SocketError.NetworkUnreachable,
        HostUnreachable => SocketError.HostUnreachable,
        ConnectionAborted => SocketError.ConnectionAborted,
        _ => (SocketError)error,
    };
}
