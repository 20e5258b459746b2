using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary>The functions of ws2_32.dll that are needed here, and their constants (winsock2.h, ws2def.h).</summary>
internal static unsafe partial class Ws2
{
    public const nint InvalidSocket = -1;
    public const int SocketFailed = -1;

    /// <summary><c>FROM_PROTOCOL_INFO</c>: the value comes with the duplicated socket.</summary>
    public const int FromProtocolInfo = -1;

    public const int AddressFamilyInet = 2;
    public const int AddressFamilyInet6 = 23;
    public const int SocketStream = 1;
    public const int ProtocolTcp = 6;

    /// <summary><c>WSA_FLAG_OVERLAPPED</c></summary>
    public const uint FlagOverlapped = 0x01;

    /// <summary><c>WSA_FLAG_NO_HANDLE_INHERIT</c></summary>
    public const uint FlagNoHandleInherit = 0x80;

    /// <summary><c>WSA_FLAG_REGISTERED_IO</c></summary>
    public const uint FlagRegisteredIo = 0x100;

    /// <summary><c>SIO_GET_EXTENSION_FUNCTION_POINTER</c></summary>
    public const uint GetExtensionFunctionPointer = 0xC800_0006;

    /// <summary><c>SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER</c></summary>
    public const uint GetMultipleExtensionFunctionPointer = 0xC800_0024;

    public const int LevelSocket = 0xFFFF;
    public const int OptionLinger = 0x80;

    /// <summary><c>SO_UPDATE_ACCEPT_CONTEXT</c> (mswsock.h)</summary>
    public const int OptionUpdateAcceptContext = 0x700B;

    public const int OptionNoDelay = 1;
    public const int ShutdownSend = 1;

    private const string Library = "ws2_32";

    [LibraryImport(Library, EntryPoint = "WSASocketW", SetLastError = true)]
    public static partial nint CreateSocket(int family, int type, int protocol, nint protocolInfo, uint group, uint flags);

    /// <param name="socket">The socket.</param>
    /// <param name="processId">The process that opens the duplicate.</param>
    /// <param name="protocolInfo">Takes a <c>WSAPROTOCOL_INFOW</c>, for <see cref="CreateSocket"/>.</param>
    [LibraryImport(Library, EntryPoint = "WSADuplicateSocketW", SetLastError = true)]
    public static partial int Duplicate(nint socket, uint processId, void* protocolInfo);

    [LibraryImport(Library, EntryPoint = "WSAIoctl", SetLastError = true)]
    public static partial int Control(
        nint socket, uint code, void* input, uint inputLength, void* output, uint outputLength, uint* returned, nint overlapped, nint routine);

    [LibraryImport(Library, EntryPoint = "closesocket", SetLastError = true)]
    public static partial int Close(nint socket);

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(nint socket, int how);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(nint socket, int level, int name, void* value, int length);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(nint socket, int level, int name, void* value, int* length);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(nint socket, void* address, int* length);
}
