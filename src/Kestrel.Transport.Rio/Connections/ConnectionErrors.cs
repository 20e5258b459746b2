using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>What the status of a failed request is to the application.</summary>
internal static class ConnectionErrors
{
    /// <summary>The peer has ended the connection without a FIN.</summary>
    public static bool IsReset(SocketError status)
        => status is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted;

    public static Exception ToException(SocketError status)
    {
        var error = new SocketException((int)status);
        return IsReset(status) ? new ConnectionResetException(error.Message, error) : error;
    }
}
