using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>The functions that no library exports: <c>WSAIoctl</c> returns them for a socket.</summary>
internal sealed unsafe class WinsockFunctions
{
    private readonly RioExtensionFunctionTable _rio;

    private WinsockFunctions(
        in RioExtensionFunctionTable rio,
        delegate* unmanaged[Stdcall]<nint, nint, void*, uint, uint, uint, uint*, OverlappedBlock*, int> acceptEx,
        delegate* unmanaged[Stdcall]<void*, uint, uint, uint, byte**, int*, byte**, int*, void> getAcceptExSockaddrs)
    {
        _rio = rio;
        AcceptEx = acceptEx;
        GetAcceptExSockaddrs = getAcceptExSockaddrs;
    }

    /// <summary>Registered I/O.</summary>
    public ref readonly RioExtensionFunctionTable Rio => ref _rio;

    /// <summary>
    /// <c>BOOL AcceptEx(SOCKET listen, SOCKET accept, PVOID output, DWORD receiveLength, DWORD localLength, DWORD remoteLength,
    /// LPDWORD received, LPOVERLAPPED)</c> (mswsock.h)
    /// </summary>
    public delegate* unmanaged[Stdcall]<nint, nint, void*, uint, uint, uint, uint*, OverlappedBlock*, int> AcceptEx { get; }

    /// <summary>
    /// <c>void GetAcceptExSockaddrs(PVOID output, DWORD receiveLength, DWORD localLength, DWORD remoteLength, sockaddr** local,
    /// LPINT localLength, sockaddr** remote, LPINT remoteLength)</c> (mswsock.h): the layout of AcceptEx's output is its own.
    /// </summary>
    public delegate* unmanaged[Stdcall]<void*, uint, uint, uint, byte**, int*, byte**, int*, void> GetAcceptExSockaddrs { get; }

    /// <summary>Asks for the functions; false with Winsock's error.</summary>
    public static bool TryLoad([NotNullWhen(true)] out WinsockFunctions? functions, out int error)
    {
        functions = null;
        StartWinsock();
        var family = Socket.OSSupportsIPv4 ? Ws2.AddressFamilyInet : Ws2.AddressFamilyInet6;
        var socket = CreateSocket(family);
        if (socket == Ws2.InvalidSocket)
        {
            error = Marshal.GetLastPInvokeError();
            return false;
        }

        RioExtensionFunctionTable rio = default;
        rio.Size = (uint)sizeof(RioExtensionFunctionTable);
        delegate* unmanaged[Stdcall]<nint, nint, void*, uint, uint, uint, uint*, OverlappedBlock*, int> acceptEx = null;
        delegate* unmanaged[Stdcall]<void*, uint, uint, uint, byte**, int*, byte**, int*, void> getAcceptExSockaddrs = null;
        var found = TryGet(socket, Ws2.GetMultipleExtensionFunctionPointer, ExtensionIds.MultipleRio, &rio, rio.Size, out error)
            && TryGet(socket, Ws2.GetExtensionFunctionPointer, ExtensionIds.AcceptEx, &acceptEx, (uint)sizeof(void*), out error)
            && TryGet(
                socket, Ws2.GetExtensionFunctionPointer, ExtensionIds.GetAcceptExSockaddrs, &getAcceptExSockaddrs, (uint)sizeof(void*), out error);
        _ = Ws2.Close(socket);
        if (!found)
        {
            return false;
        }

        if (rio.Size < sizeof(RioExtensionFunctionTable) || rio.Notify is null || acceptEx is null || getAcceptExSockaddrs is null)
        {
            // A table of another version.
            error = (int)SocketError.OperationNotSupported;
            return false;
        }

        functions = new WinsockFunctions(rio, acceptEx, getAcceptExSockaddrs);
        return true;
    }

    /// <summary>A socket for registered I/O, which no managed <see cref="Socket"/> makes; <see cref="Ws2.InvalidSocket"/> on failure.</summary>
    public static nint CreateSocket(int family) => Ws2.CreateSocket(
        family, Ws2.SocketStream, Ws2.ProtocolTcp, 0, 0, Ws2.FlagRegisteredIo | Ws2.FlagOverlapped | Ws2.FlagNoHandleInherit);

    /// <summary>
    /// Makes the runtime call <c>WSAStartup</c>, which must come before any other call of Winsock. The runtime calls it before its
    /// first socket, once per process.
    /// </summary>
    private static void StartWinsock()
    {
        var family = Socket.OSSupportsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        using var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
    }

    private static bool TryGet(nint socket, uint code, Guid id, void* function, uint length, out int error)
    {
        uint returned;
        var result = Ws2.Control(socket, code, &id, (uint)sizeof(Guid), function, length, &returned, 0, 0);
        error = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        return result == 0;
    }
}
