using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>
/// The transport's own handle to a listening socket. The application may dispose its socket at any time, and another socket may
/// then get the handle's number. A counted reference instead would keep the application's <c>Dispose</c> waiting.
/// </summary>
internal sealed unsafe class ListeningHandle : IDisposable
{
    // WSAPROTOCOL_INFOW (winsock2.h).
    private const int ProtocolInfoSize = 628;

    private ListeningHandle(nint value) => Value = value;

    public nint Value { get; private set; }

    /// <exception cref="ObjectDisposedException">The socket is disposed already.</exception>
    public static SocketError Open(Socket listenSocket, out ListeningHandle? handle)
    {
        handle = null;
        var protocolInfo = stackalloc byte[ProtocolInfoSize];
        var isHeld = false;
        try
        {
            listenSocket.SafeHandle.DangerousAddRef(ref isHeld);
            if (Ws2.Duplicate(listenSocket.SafeHandle.DangerousGetHandle(), (uint)Environment.ProcessId, protocolInfo) != 0)
            {
                return ErrorCode.ToSocketError(Marshal.GetLastPInvokeError());
            }

            // While the original is held: the kernel may not know the duplicate before it is opened.
            var duplicate = Ws2.CreateSocket(
                Ws2.FromProtocolInfo, Ws2.FromProtocolInfo, Ws2.FromProtocolInfo, (nint)protocolInfo, 0, Ws2.FlagOverlapped | Ws2.FlagNoHandleInherit);
            if (duplicate == Ws2.InvalidSocket)
            {
                return ErrorCode.ToSocketError(Marshal.GetLastPInvokeError());
            }

            handle = new ListeningHandle(duplicate);
            return SocketError.Success;
        }
        finally
        {
            if (isHeld)
            {
                listenSocket.SafeHandle.DangerousRelease();
            }
        }
    }

    public void Dispose()
    {
        if (Value != Ws2.InvalidSocket)
        {
            _ = Ws2.Close(Value);
            Value = Ws2.InvalidSocket;
        }
    }
}
