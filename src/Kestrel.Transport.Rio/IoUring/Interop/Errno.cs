using System.Net.Sockets;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary>
/// <c>errno</c> values (asm-generic/errno.h) and the <see cref="SocketError"/> of each outside of this folder: the same as in
/// .NET's sockets. Those have no name for ENOMEM, ENOSPC and EPROTO, which have one here. ESHUTDOWN is the same as EPIPE.
/// </summary>
internal static class Errno
{
    public const int Permission = 1;
    public const int Interrupted = 4;
    public const int BadFileDescriptor = 9;
    public const int TryAgain = 11;
    public const int OutOfMemory = 12;
    public const int AccessDenied = 13;
    public const int BadAddress = 14;
    public const int Busy = 16;
    public const int InvalidArgument = 22;
    public const int TooManyFilesInSystem = 23;
    public const int TooManyFiles = 24;
    public const int NoSpace = 28;
    public const int BrokenPipe = 32;
    public const int NotImplemented = 38;
    public const int BadRequestDescriptor = 53;
    public const int Protocol = 71;
    public const int NotSocket = 88;
    public const int NotSupported = 95;
    public const int NetworkDown = 100;
    public const int NetworkUnreachable = 101;
    public const int NetworkReset = 102;
    public const int ConnectionAborted = 103;
    public const int ConnectionReset = 104;
    public const int NoBufferSpace = 105;
    public const int NotConnected = 107;
    public const int ShutDown = 108;
    public const int TimedOut = 110;
    public const int ConnectionRefused = 111;
    public const int HostDown = 112;
    public const int HostUnreachable = 113;
    public const int AlreadyInProgress = 114;
    public const int Canceled = 125;

    public static SocketError ToSocketError(int errno) => errno switch
    {
        0 => SocketError.Success,
        Permission or AccessDenied => SocketError.AccessDenied,
        Interrupted => SocketError.Interrupted,
        BadFileDescriptor or Canceled => SocketError.OperationAborted,
        TryAgain => SocketError.WouldBlock,
        OutOfMemory or NoSpace or NoBufferSpace => SocketError.NoBufferSpaceAvailable,
        BadAddress => SocketError.Fault,
        InvalidArgument => SocketError.InvalidArgument,
        TooManyFilesInSystem or TooManyFiles => SocketError.TooManyOpenSockets,
        BrokenPipe or ShutDown => SocketError.Shutdown,
        NotSocket => SocketError.NotSocket,
        NotSupported => SocketError.OperationNotSupported,
        NetworkDown => SocketError.NetworkDown,
        NetworkUnreachable => SocketError.NetworkUnreachable,
        NetworkReset => SocketError.NetworkReset,
        ConnectionAborted or Protocol => SocketError.ConnectionAborted,
        ConnectionReset => SocketError.ConnectionReset,
        NotConnected => SocketError.NotConnected,
        TimedOut => SocketError.TimedOut,
        AlreadyInProgress => SocketError.AlreadyInProgress,
        ConnectionRefused => SocketError.ConnectionRefused,
        HostDown => SocketError.HostDown,
        HostUnreachable => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    };
}
