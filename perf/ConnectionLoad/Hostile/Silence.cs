using System.Net.Sockets;

namespace ConnectionLoad.Hostile;

/// <summary>A connection that says nothing, or nothing more than what is said besides.</summary>
internal static class Silence
{
    /// <summary>Reads whatever comes, and not for its sense, until the server ends the connection: where nobody reads, a server stops.</summary>
    public static async Task KeepAsync(Socket socket, CancellationToken over)
    {
        var bytes = new byte[64];
        while (await socket.ReceiveAsync(bytes, over) > 0)
        {
        }

        throw new SocketException((int)SocketError.Disconnecting);
    }
}
