using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ConnectionLoad;

/// <summary>Connect, one request, close: over and over, several at a time.</summary>
internal static class ConnectionCycles
{
    public static async Task<bool> RunAsync(IPEndPoint server, LoadSize load, CancellationToken ended)
    {
        var tally = new Tally();
        var clock = Stopwatch.StartNew();
        var bounds = new ParallelOptions { MaxDegreeOfParallelism = load.AtOnce, CancellationToken = ended };
        await Parallel.ForAsync(0, load.Count, bounds, async (number, token) =>
        {
            try
            {
                using var connection = await LoadConnection.OpenAsync(server, number, token);
                await connection.RequestAsync(token);
                await connection.CloseAsync(token);
                tally.Success();
            }
            catch (Exception reason) when (reason is SocketException or IOException)
            {
                tally.Failure(reason);
            }
        });

        tally.Print($"connect-request-close cycles in {clock.Elapsed.TotalSeconds:F1} s", load.Count);
        return tally.NothingFailed;
    }
}
