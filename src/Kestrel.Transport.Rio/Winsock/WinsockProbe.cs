using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>Asks Winsock, once, for the functions of registered I/O; never by the system's version.</summary>
internal static class WinsockProbe
{
    private static readonly Lazy<(WinsockFunctions? Functions, string? Reason)> s_answer = new(Ask);

    /// <summary>True, or false with the reason and what the user can do about it.</summary>
    public static bool IsAvailable([NotNullWhen(true)] out WinsockFunctions? functions, [NotNullWhen(false)] out string? reason)
    {
        (functions, reason) = s_answer.Value;
        return functions is not null;
    }

    /// <summary>The reason and the remedy for an error with which Winsock refuses the functions.</summary>
    public static string Explain(int error) => (SocketError)error switch
    {
        SocketError.OperationNotSupported or SocketError.InvalidArgument =>
            $"Winsock says {error}: it has no registered I/O. Windows 8, Windows Server 2012 and later have it. Where the system "
            + "is one of those, a layered service provider hides it: 'netsh winsock show catalog' lists them, and an update or "
            + "the removal of the product that installed it gives registered I/O back.",
        SocketError.AddressFamilyNotSupported or SocketError.ProtocolNotSupported =>
            $"Winsock says {error}: this machine has no TCP. Install the protocol, or bind no TCP endpoint.",
        SocketError.AccessDenied =>
            $"Winsock says {error}: this process may not make sockets. An app container needs the capabilities "
            + "internetClientServer and privateNetworkClientServer.",
        SocketError.NoBufferSpaceAvailable or SocketError.TooManyOpenSockets =>
            $"Winsock says {error}: the machine has no memory left for sockets. End what holds them, or add memory.",
        _ => $"Winsock refused registered I/O with error {error}.",
    };

    private static (WinsockFunctions? Functions, string? Reason) Ask()
    {
        if (!Environment.Is64BitProcess)
        {
            return (null, "This is a 32-bit process, and Winsock's structures are known here for 64 bits. Run a 64-bit build.");
        }

        try
        {
            return WinsockFunctions.TryLoad(out var functions, out var error) ? (functions, null) : (null, Explain(error));
        }
        catch (SocketException e)
        {
            return (null, Explain(e.ErrorCode));
        }
    }
}
