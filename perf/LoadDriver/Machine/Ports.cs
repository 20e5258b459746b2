using System.Net;
using System.Net.Sockets;

namespace LoadDriver.Machine;

/// <summary>Ports of the loopback address.</summary>
internal static class Ports
{
    // From here on ports are given to whoever connects (net.ipv4.ip_local_port_range): thousands are taken and left again while servers
    // start.
    private const int FirstOfClients = 32768;

    private static int s_last = 20_000;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(50);

    /// <summary>A port that nobody listens on at the moment, and another each time.</summary>
    public static int Free()
    {
        for (var port = Interlocked.Increment(ref s_last); port < FirstOfClients; port = Interlocked.Increment(ref s_last))
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's.
            }
        }

        throw new LoadFailedException("There is no free port below those that are given to clients.");
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
