using System.Net;
using System.Net.Sockets;

namespace LoadDriver.Machine;

/// <summary>Ports of the loopback address.</summary>
internal static class Ports
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(50);

    /// <summary>A port that nobody listens on at the moment.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until somebody accepts connections.</summary>
    public static async Task WaitUntilServedAsync(int port, ChildProcess server, CancellationToken ended)
    {
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port, ended);
                return;
            }
            catch (SocketException) when (!server.HasExited)
            {
                await Task.Delay(s_retry, ended);
            }
            catch (SocketException)
            {
                throw new LoadFailedException($"The server ended before it served: {server.LastErrors}");
            }
        }
    }
}
