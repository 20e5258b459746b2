namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>For endpoints that cannot be bound to port 0.</summary>
public static class FreePort
{
    /// <summary>A port that was free on both families a moment ago; the system does not give it out again soon.</summary>
    public static int Next()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
